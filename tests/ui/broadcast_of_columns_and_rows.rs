//! A vector of rows does not broadcast along columns.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], s: f64[n]) -> f64[n, d] {
        X * s
    }
}

fn main() {}
