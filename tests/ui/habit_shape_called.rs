//! `.shape` is no method.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n, d] {
        X * X.shape()[0]
    }
}

fn main() {}
