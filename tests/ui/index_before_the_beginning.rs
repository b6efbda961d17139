//! The first index before the beginning.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        x[-n - 1]
    }
}

fn main() {}
