//! A symbol is not a number.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[3]) -> f64[n] {
        x - y
    }
}

fn main() {}
