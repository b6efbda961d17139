//! Sizes of a new array as arguments of their own.

use nums::prelude::*;

nums! {
    fn f(x: f64[n, d]) -> f64[n, d] {
        x + zeros(n, d)
    }
}

fn main() {}
