//! A reshape to another number of elements.

use nums::prelude::*;

nums! {
    fn f(x: f64[6]) -> f64[4, 2] {
        reshape(x, (4, 2))
    }
}

fn main() {}
