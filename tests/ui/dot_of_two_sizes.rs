//! A product of vectors of two sizes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[] {
        dot(x, y)
    }
}

fn main() {}
