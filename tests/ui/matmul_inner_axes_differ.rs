//! The contracted axes of a product have different symbols.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], w: f64[k]) -> f64[n] {
        X @ w
    }
}

fn main() {}
