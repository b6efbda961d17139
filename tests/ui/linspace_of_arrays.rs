//! Bounds that are arrays.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        linspace(x, 1, 5)
    }
}

fn main() {}
