//! Arrays of two shapes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], X: f64[n, d]) -> f64[..] {
        stack([x, X])
    }
}

fn main() {}
