//! What a sum is computed in is written.

use nums::prelude::*;

nums! {
    fn f(x: f32[n], y: f64[n]) -> f64[] {
        sum(x, dtype=y.dtype)
    }
}

fn main() {}
