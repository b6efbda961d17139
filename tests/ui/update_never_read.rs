//! An update that nobody reads.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        y = x + 1;
        y += 1;
        x
    }
}

fn main() {}
