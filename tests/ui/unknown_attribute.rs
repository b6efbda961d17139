//! A misspelt attribute.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d, n] {
        X.TT
    }
}

fn main() {}
