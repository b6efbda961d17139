//! The body gives another dtype than declared.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f32[n] {
        x + 1
    }
}

fn main() {}
