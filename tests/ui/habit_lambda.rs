//! `lambda`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        g = lambda y: y + 1;
        g(x)
    }
}

fn main() {}
