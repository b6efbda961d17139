//! A size that is no integer.

use nums::prelude::*;

nums! {
    fn f(s: f64) -> f64[3] {
        zeros(s)
    }
}

fn main() {}
