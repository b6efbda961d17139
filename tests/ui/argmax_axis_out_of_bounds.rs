//! An axis that is not there.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        argmax(X, axis=-3)
    }
}

fn main() {}
