//! Weights of another size.

use nums::prelude::*;

nums! {
    fn f(x: i64[n], w: f64[m]) -> f64[k] {
        bincount(x, weights=w)
    }
}

fn main() {}
