//! The body gives another shape than declared.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n] {
        sum(X, axis=0)
    }
}

fn main() {}
