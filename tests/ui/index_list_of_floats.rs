//! A list of floats.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x[[0.5, 1.5]]
    }
}

fn main() {}
