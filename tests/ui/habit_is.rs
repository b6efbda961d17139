//! `is`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> bool[] {
        x is None
    }
}

fn main() {}
