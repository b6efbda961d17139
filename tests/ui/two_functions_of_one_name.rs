//! Two functions of one name.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x
    }

    fn f(y: f64[n]) -> f64[n] {
        y
    }
}

fn main() {}
