//! A function that would shadow a crate.

use nums::prelude::*;

nums! {
    fn std(x: f64[n]) -> f64[n] {
        x
    }
}

fn main() {}
