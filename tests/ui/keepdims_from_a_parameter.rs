//! A flag that decides the rank.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], keep: bool) -> f64[..] {
        X.sum(axis=0, keepdims=keep)
    }
}

fn main() {}
