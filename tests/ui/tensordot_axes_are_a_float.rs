//! Axes that are no integer.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[d, m]) -> f64[..] {
        tensordot(X, Y, axes=2.1)
    }
}

fn main() {}
