//! Independent mistakes are reported in one run.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], w: f64[k]) -> f64[n] {
        a = X @ w;
        b = sum(X, axis=5);
        a + b
    }
}

fn main() {}
