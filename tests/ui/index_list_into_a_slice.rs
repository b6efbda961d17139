//! Positions beyond what a slice has at most.

use nums::prelude::*;

nums! {
    fn f(x: f64[n, 2]) -> f64[2, 2] {
        x[:3][[0, 3]]
    }
}

fn main() {}
