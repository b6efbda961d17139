//! A decomposition that is not there yet.

use nums::prelude::*;

nums! {
    fn f(A: f64[n, n]) -> f64[..] {
        linalg.inv(A)
    }
}

fn main() {}
