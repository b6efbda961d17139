//! A parameter without a type.

use nums::prelude::*;

nums! {
    fn f(x) -> f64[n] {
        x
    }
}

fn main() {}
