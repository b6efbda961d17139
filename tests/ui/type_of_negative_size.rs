//! A size below 0.

use nums::prelude::*;

nums! {
    fn f(x: f64[-1]) -> f64[1] {
        x
    }
}

fn main() {}
