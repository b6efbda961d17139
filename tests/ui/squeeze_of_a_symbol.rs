//! A symbol is not 1.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        squeeze(X, axis=0)
    }
}

fn main() {}
