//! Positions that are floats.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], i: f64[m]) -> f64[m] {
        x[i]
    }
}

fn main() {}
