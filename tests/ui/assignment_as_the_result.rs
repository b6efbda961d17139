//! An assignment gives no value.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = x + 1
    }
}

fn main() {}
