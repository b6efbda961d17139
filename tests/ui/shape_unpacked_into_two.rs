//! Two names for three sizes.

use nums::prelude::*;

nums! {
    fn f(T: f64[a, b, c]) -> f64[..] {
        rows, columns = T.shape;
        T * rows * columns
    }
}

fn main() {}
