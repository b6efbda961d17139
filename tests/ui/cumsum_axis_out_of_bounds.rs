//! An axis that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        cumsum(x, axis=1)
    }
}

fn main() {}
