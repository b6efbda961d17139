//! A slice with step 0.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x[::0]
    }
}

fn main() {}
