//! Chained comparisons.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> bool[n] {
        0 < x < 1
    }
}

fn main() {}
