//! `Some`.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(X, axis=Some(0))
    }
}

fn main() {}
