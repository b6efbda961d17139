//! What is sorted has one axis.

use nums::prelude::*;

nums! {
    fn f(A: f64[n, d], v: f64[m]) -> i64[m] {
        searchsorted(A, v)
    }
}

fn main() {}
