//! Functions of other blocks are called from Rust.

use nums::prelude::*;

nums! {
    fn g(x: f64[n]) -> f64[n] {
        x + 1
    }
}

nums! {
    fn f(x: f64[n]) -> f64[n] {
        g(x) * 2
    }
}

fn main() {}
