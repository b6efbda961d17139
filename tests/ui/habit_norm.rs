//! A norm as a method.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64 {
        x.norm()
    }
}

fn main() {}
