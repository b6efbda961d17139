//! Three names for two axes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> i64[k] {
        i, j, k = nonzero(X);
        i + j + k
    }
}

fn main() {}
