//! A loop.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        for i in x { i }
    }
}

fn main() {}
