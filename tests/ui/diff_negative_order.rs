//! A negative order.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        diff(x, n=-1)
    }
}

fn main() {}
