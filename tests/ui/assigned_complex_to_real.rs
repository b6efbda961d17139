//! Complex numbers into an array of floats.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], z: c128[n]) -> f64[n] {
        x[:] = z;
        x
    }
}

fn main() {}
