//! A chain whose parts do not broadcast.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> bool[n] {
        0 < x < y
    }
}

fn main() {}
