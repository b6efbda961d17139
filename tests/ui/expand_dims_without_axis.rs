//! The axis forgotten.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        expand_dims(x)
    }
}

fn main() {}
