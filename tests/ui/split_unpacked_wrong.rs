//! Two names for three parts.

use nums::prelude::*;

nums! {
    fn f(x: f64[6]) -> f64[..] {
        a, b = split(x, 3);
        a + b
    }
}

fn main() {}
