//! Only names have elements to assign.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        exp(x)[0] = 1;
        x
    }
}

fn main() {}
