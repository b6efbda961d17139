//! A place of a partition at the size.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        partition(x, n)
    }
}

fn main() {}
