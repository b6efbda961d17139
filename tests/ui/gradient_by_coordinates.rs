//! Coordinates where one distance is wanted.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], t: f64[n]) -> f64[n] {
        gradient(x, t)
    }
}

fn main() {}
