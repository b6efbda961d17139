//! Negative repetitions.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        repeat(x, -2)
    }
}

fn main() {}
