//! `take` of a position that the axis does not have.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[2] {
        take(x, [0, 9])
    }
}

fn main() {}
