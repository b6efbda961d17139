//! A list of positions, one of which the axis does not have.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[2] {
        x[[0, 9]]
    }
}

fn main() {}
