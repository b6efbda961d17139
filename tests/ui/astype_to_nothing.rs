//! Converted to what?

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x.astype()
    }
}

fn main() {}
