//! `?`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        exp(x)? + 1
    }
}

fn main() {}
