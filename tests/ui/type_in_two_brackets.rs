//! Sizes in brackets of their own.

use nums::prelude::*;

nums! {
    fn f(x: f64[n][d]) -> f64[n] {
        x
    }
}

fn main() {}
