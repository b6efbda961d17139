//! ndarray's words.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        X.sum_axis(0)
    }
}

fn main() {}
