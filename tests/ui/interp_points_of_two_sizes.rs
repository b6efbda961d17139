//! Places without heights.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], p: f64[m], h: f64[k]) -> f64[n] {
        interp(x, p, h)
    }
}

fn main() {}
