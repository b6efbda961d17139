//! A name in the wrong case; nothing else is said.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        total = sum(x);
        x / Total
    }
}

fn main() {}
