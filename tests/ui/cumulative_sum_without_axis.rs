//! The axis forgotten.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        cumulative_sum(X)
    }
}

fn main() {}
