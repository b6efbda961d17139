//! A step that is no integer.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x[::2.5]
    }
}

fn main() {}
