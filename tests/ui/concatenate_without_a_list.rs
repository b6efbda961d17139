//! Arrays one by one.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[n]) -> f64[..] {
        concatenate(x, y)
    }
}

fn main() {}
