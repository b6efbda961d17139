//! A line that runs into the next.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = x
        -y
    }
}

fn main() {}
