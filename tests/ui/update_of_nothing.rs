//! A name that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        y += 1;
        x
    }
}

fn main() {}
