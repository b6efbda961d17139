//! An axis that stands twice.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        median(X, axis=(1, -1))
    }
}

fn main() {}
