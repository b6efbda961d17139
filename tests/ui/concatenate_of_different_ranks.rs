//! Concatenated arrays have different ranks.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], y: f64[d]) -> f64[n + 1, d] {
        concatenate([X, y], axis=0)
    }
}

fn main() {}
