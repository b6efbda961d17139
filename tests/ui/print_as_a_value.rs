//! What `print` gives.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = print("x", x);
        y
    }
}

fn main() {}
