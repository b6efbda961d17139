//! An axis that is not in the source.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], i: usize) -> f64[..] {
        X.sum(axis=i)
    }
}

fn main() {}
