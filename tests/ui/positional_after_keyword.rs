//! A positional argument after a keyword.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(axis=0, X)
    }
}

fn main() {}
