//! A name that is never read.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = x + 1;
        x
    }
}

fn main() {}
