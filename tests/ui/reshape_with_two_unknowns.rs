//! A reshape with two unknown sizes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n, d] {
        reshape(X, (-1, -1))
    }
}

fn main() {}
