//! An axis named twice.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(X, axis=(0, 0))
    }
}

fn main() {}
