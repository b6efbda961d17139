//! Concatenated arrays differ in another axis.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[m, k]) -> f64[n + m, d] {
        concatenate([X, Y], axis=0)
    }
}

fn main() {}
