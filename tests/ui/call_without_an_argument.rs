//! A function of the block is called with too little.

use nums::prelude::*;

nums! {
    fn g(x: f64[m], s: f64) -> f64[m] {
        x * s
    }

    fn f(x: f64[n]) -> f64[n] {
        g(x)
    }
}

fn main() {}
