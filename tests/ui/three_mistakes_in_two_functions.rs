//! Independent mistakes of one block are reported in one run.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], w: f64[n]) -> f64[n] {
        a = X @ w;
        b = X.summ(axis=1);
        b + a
    }

    fn g(x: f64[n]) -> f64[n] {
        exp(x, x)
    }
}

fn main() {}
