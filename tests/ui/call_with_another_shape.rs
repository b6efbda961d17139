//! A function of the block is called with shapes that it does not take.

use nums::prelude::*;

nums! {
    fn g(x: f64[m], y: f64[m]) -> f64[m] {
        x * y
    }

    fn f(x: f64[n], y: f64[d]) -> f64[n] {
        g(x, y)
    }
}

fn main() {}
