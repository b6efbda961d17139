//! An argument of NumPy's that is not there yet.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        sort(x, order="f0")
    }
}

fn main() {}
