//! `0..n`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x[0..n]
    }
}

fn main() {}
