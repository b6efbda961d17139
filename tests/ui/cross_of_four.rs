//! Vectors of four elements.

use nums::prelude::*;

nums! {
    fn f(x: f64[4], y: f64[4]) -> f64[4] {
        cross(x, y)
    }
}

fn main() {}
