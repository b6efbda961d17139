//! A product that wants a transpose.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], r: f64[n]) -> f64[d] {
        X @ r
    }
}

fn main() {}
