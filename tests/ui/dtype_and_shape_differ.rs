//! Neither dtype nor shape fits.

use nums::prelude::*;

nums! {
    fn f(z: c128[n]) -> f64[n] {
        max(z)
    }
}

fn main() {}
