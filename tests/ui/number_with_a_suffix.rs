//! A Rust suffix.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x * 2f64
    }
}

fn main() {}
