//! Rounding a complex number.

use nums::prelude::*;

nums! {
    fn f(z: c128[n]) -> c128[n] {
        ceil(z)
    }
}

fn main() {}
