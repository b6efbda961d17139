//! Two axes where one is taken.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        argmax(X, axis=(0, 1))
    }
}

fn main() {}
