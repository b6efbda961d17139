//! Decimals that are no integer.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        round(x, 0.5)
    }
}

fn main() {}
