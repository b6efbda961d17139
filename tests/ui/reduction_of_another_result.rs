//! A reduced array declared whole.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n] {
        std(X, axis=0)
    }
}

fn main() {}
