//! A constant for a mode that has none.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n + 2] {
        pad(x, 1, mode="edge", constant_values=2)
    }
}

fn main() {}
