//! `#` is no comment.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x # twice
    }
}

fn main() {}
