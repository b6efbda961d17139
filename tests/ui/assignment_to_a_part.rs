//! Arrays are immutable.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x[0] = 1;
        x
    }
}

fn main() {}
