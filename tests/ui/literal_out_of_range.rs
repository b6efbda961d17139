//! A literal that the dtype cannot hold.

use nums::prelude::*;

nums! {
    fn f(x: u8[n]) -> u8[n] {
        x + 300
    }
}

fn main() {}
