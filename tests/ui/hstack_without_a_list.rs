//! Arrays to join as arguments of their own.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[n]) -> f64[2 * n] {
        hstack(x, y)
    }
}

fn main() {}
