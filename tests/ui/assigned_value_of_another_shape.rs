//! A value that does not broadcast.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[n] {
        x[:] = y;
        x
    }
}

fn main() {}
