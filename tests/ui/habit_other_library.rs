//! A module of Python.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        math.sin(x)
    }
}

fn main() {}
