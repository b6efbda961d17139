//! A keyword argument that the function does not have.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(X, axes=0)
    }
}

fn main() {}
