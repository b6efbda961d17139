//! Complex numbers have no order.

use nums::prelude::*;

nums! {
    fn f(z: c128[n]) -> c128[n] {
        floor(z)
    }
}

fn main() {}
