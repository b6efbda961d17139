//! One result declared, two given.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[k] {
        unique(x, return_counts=True)
    }
}

fn main() {}
