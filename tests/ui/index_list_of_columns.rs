//! A list of columns, one of which is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[3, 2]) -> f64[3, 2] {
        x[:, [0, 2]]
    }
}

fn main() {}
