//! A mark that is no index.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum("i?->i", X)
    }
}

fn main() {}
