//! A dtype that is none.

use nums::prelude::*;

nums! {
    fn f(x: float[n]) -> f64[n] {
        x
    }
}

fn main() {}
