//! A literal declared as an array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = 1;
        y
    }
}

fn main() {}
