//! A mask as an index.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x[x > 0]
    }
}

fn main() {}
