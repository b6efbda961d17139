//! A sum that does not fit.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[n] {
        x += y;
        x
    }
}

fn main() {}
