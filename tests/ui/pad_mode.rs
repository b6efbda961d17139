//! A mode that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        pad(x, 1, mode="mirror")
    }
}

fn main() {}
