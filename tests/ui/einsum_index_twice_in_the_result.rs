//! A result index that stands twice.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum("ij->ii", X)
    }
}

fn main() {}
