//! A function that calls itself.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        f(x) + 1
    }
}

fn main() {}
