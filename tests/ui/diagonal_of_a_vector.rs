//! No diagonal.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        diagonal(x)
    }
}

fn main() {}
