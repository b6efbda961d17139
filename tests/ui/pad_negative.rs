//! A negative width.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        pad(x, -1)
    }
}

fn main() {}
