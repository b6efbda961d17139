//! Last axes that differ.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[m, k]) -> f64[..] {
        inner(X, Y)
    }
}

fn main() {}
