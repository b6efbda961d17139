//! A list with the size itself as a position.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[2] {
        x[[0, n]]
    }
}

fn main() {}
