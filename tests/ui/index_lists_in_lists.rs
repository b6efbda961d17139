//! Positions in nested lists.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[2, 2] {
        x[[[0, 1], [2, 5]]]
    }
}

fn main() {}
