//! Python's own function.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        sorted(x)
    }
}

fn main() {}
