//! `true`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        sum(x, keepdims=true)
    }
}

fn main() {}
