//! A product with a scalar.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], s: f64) -> f64[n, d] {
        X @ s
    }
}

fn main() {}
