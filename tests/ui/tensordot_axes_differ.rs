//! Contracted axes of two sizes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[n, m]) -> f64[..] {
        tensordot(X, Y, axes=1)
    }
}

fn main() {}
