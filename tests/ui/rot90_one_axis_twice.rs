//! One axis is no plane.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        rot90(X, 1, axes=(0, 0))
    }
}

fn main() {}
