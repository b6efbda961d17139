//! A real function of complex numbers.

use nums::prelude::*;

nums! {
    fn f(z: c128[n]) -> c128[n] {
        cbrt(z)
    }
}

fn main() {}
