//! Positions of another rank.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], i: i64[m]) -> f64[..] {
        take_along_axis(X, i, axis=0)
    }
}

fn main() {}
