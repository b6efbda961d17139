//! Columns of two sizes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[m, d]) -> f64[..] {
        hstack([X, Y])
    }
}

fn main() {}
