//! A keyword that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        clip(x, low=0, high=1)
    }
}

fn main() {}
