//! Positions that are no integers.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], i: f64[m]) -> f64[..] {
        take(x, i)
    }
}

fn main() {}
