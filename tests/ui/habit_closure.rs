//! A closure.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        map(|y| y + 1, x)
    }
}

fn main() {}
