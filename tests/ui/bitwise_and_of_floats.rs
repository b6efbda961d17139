//! Bits of floats.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[n]) -> f64[n] {
        x & y
    }
}

fn main() {}
