//! Repetitions that are no integer.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        tile(x, 1.5)
    }
}

fn main() {}
