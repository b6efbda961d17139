//! A vector of Rust.

use nums::prelude::*;

nums! {
    fn f(x: Vec<f64>) -> f64[n] {
        x
    }
}

fn main() {}
