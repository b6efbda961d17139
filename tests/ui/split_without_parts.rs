//! How many parts?

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        split(x)[0]
    }
}

fn main() {}
