//! One axis twice.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        diagonal(X, 0, 1, 1)
    }
}

fn main() {}
