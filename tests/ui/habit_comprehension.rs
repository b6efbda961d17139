//! A comprehension.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        [y for y in x]
    }
}

fn main() {}
