//! No plane to turn in.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        rot90(x)
    }
}

fn main() {}
