//! A function that is no method.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x.median()
    }
}

fn main() {}
