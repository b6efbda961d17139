//! A function called as a method.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x.sqrt()
    }
}

fn main() {}
