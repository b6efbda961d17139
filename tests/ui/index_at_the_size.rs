//! The first index behind the end, whatever the size.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        x[n]
    }
}

fn main() {}
