//! A mask with more axes than the array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], m: bool[n, d]) -> f64[j] {
        x[m]
    }
}

fn main() {}
