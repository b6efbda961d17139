//! A condition that is an array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x if x > 0 else -x
    }
}

fn main() {}
