//! An assignment to positions that are not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[5] {
        x[[0, 5]] = 1;
        x
    }
}

fn main() {}
