//! An initial value of several numbers.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[2] {
        max(x, initial=[1, 2])
    }
}

fn main() {}
