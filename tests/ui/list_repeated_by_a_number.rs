//! A list is repeated in Python, not multiplied.

use nums::prelude::*;

nums! {
    fn f(x: f64[4]) -> f64[4] {
        x + [1, 2] * 2
    }
}

fn main() {}
