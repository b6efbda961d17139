//! A type where a name is assigned.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y: f64 = 2.0; x * y
    }
}

fn main() {}
