//! A literal that the array's dtype does not hold, assigned.

use nums::prelude::*;

nums! {
    fn f(x: u8[n]) -> u8[n] {
        x[0] = 300;
        x
    }
}

fn main() {}
