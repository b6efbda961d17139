//! A width that is no integer.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        pad(x, 0.5)
    }
}

fn main() {}
