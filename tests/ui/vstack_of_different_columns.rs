//! Rows of two sizes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[m, k]) -> f64[..] {
        vstack([X, Y])
    }
}

fn main() {}
