//! A number in quotes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x + "1"
    }
}

fn main() {}
