//! A tuple of another length.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        a, b, c = x, x + 1;
        a + b + c
    }
}

fn main() {}
