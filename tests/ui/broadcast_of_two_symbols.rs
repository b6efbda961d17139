//! Two symbols never broadcast.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[n] {
        x + y
    }
}

fn main() {}
