//! Positions are integers.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        argsort(x)
    }
}

fn main() {}
