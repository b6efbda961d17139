//! Neither operand has a known size.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[..] {
        convolve(x, y)
    }
}

fn main() {}
