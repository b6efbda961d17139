//! A mask that does not fit.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], m: bool[k]) -> f64[j] {
        x[m]
    }
}

fn main() {}
