//! More arguments than the function takes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        exp(x, x, x)
    }
}

fn main() {}
