//! A `;` as in Rust.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = x + 1;
        y;
    }
}

fn main() {}
