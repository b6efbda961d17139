//! A ratio of nothing.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[5] {
        x * geomspace(0, 1, 5)
    }
}

fn main() {}
