//! A function of the block is called with another dtype.

use nums::prelude::*;

nums! {
    fn g(x: f64[m]) -> f64[m] {
        x * 2
    }

    fn f(x: f32[n]) -> f64[n] {
        g(x)
    }
}

fn main() {}
