//! A matrix and a vector that do not fit.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], y: f64[n]) -> f64[..] {
        matvec(X, y)
    }
}

fn main() {}
