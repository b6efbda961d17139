//! Seven elements in three parts.

use nums::prelude::*;

nums! {
    fn f(x: f64[7]) -> f64[..] {
        split(x, 3)[0]
    }
}

fn main() {}
