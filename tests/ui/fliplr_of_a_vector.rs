//! No columns.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        fliplr(x)
    }
}

fn main() {}
