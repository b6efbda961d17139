//! The body gives another rank than declared.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n, d] {
        sum(X, axis=1)
    }
}

fn main() {}
