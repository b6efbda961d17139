//! A place behind the last axis.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        expand_dims(x, 3)
    }
}

fn main() {}
