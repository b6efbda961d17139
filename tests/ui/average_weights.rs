//! Weights of another size.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], w: f64[n]) -> f64[n] {
        average(X, axis=1, weights=w)
    }
}

fn main() {}
