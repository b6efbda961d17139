//! Positions that do not broadcast.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], i: i64[m], j: i64[k]) -> f64[m] {
        X[i, j]
    }
}

fn main() {}
