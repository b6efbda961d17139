//! Two names for one value.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        a, b = exp(x);
        a + b
    }
}

fn main() {}
