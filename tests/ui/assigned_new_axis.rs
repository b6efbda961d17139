//! A new axis in an assignment.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x[None] = 1;
        x
    }
}

fn main() {}
