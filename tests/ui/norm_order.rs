//! An order that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        linalg.norm(x, 3)
    }
}

fn main() {}
