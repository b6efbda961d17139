//! An initial value that the dtype does not hold.

use nums::prelude::*;

nums! {
    fn f(x: u8[n]) -> u8[] {
        max(x, initial=300)
    }
}

fn main() {}
