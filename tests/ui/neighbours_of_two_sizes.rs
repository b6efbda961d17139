//! Slices that are off by one.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x[1:] - x[:-2]
    }
}

fn main() {}
