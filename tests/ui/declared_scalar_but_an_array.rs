//! A plain scalar is declared, the body gives an array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64 {
        x * 2
    }
}

fn main() {}
