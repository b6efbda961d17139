//! One choice of two.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        where(x > 0, x)
    }
}

fn main() {}
