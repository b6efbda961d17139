//! A mean that lost its axis.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n, d] {
        X - mean(X, axis=1)
    }
}

fn main() {}
