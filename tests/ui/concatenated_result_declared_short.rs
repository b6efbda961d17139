//! Twice as long as declared.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        concatenate([x, x])
    }
}

fn main() {}
