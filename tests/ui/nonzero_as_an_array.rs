//! An array for each axis.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> i64[k] {
        nonzero(X) + 1
    }
}

fn main() {}
