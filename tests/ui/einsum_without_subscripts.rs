//! Subscripts forgotten.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum(X, X)
    }
}

fn main() {}
