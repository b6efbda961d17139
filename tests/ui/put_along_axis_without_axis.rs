//! The axis forgotten.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], i: i64[n, d]) -> f64[..] {
        put_along_axis(X, i, 0)
    }
}

fn main() {}
