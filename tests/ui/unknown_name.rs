//! A name that is nowhere.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x + y
    }
}

fn main() {}
