//! Two ellipses in one index.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n, d] {
        X[..., ...]
    }
}

fn main() {}
