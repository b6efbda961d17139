//! An array type of Rust.

use nums::prelude::*;

nums! {
    fn f(x: [f64; n]) -> f64[n] {
        x
    }
}

fn main() {}
