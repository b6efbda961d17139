//! A row of another size.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], y: f64[n]) -> f64[n, d] {
        X[0] = y;
        X
    }
}

fn main() {}
