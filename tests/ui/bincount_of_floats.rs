//! Only integers are counted.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        bincount(x)
    }
}

fn main() {}
