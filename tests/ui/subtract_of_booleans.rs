//! Difference of booleans.

use nums::prelude::*;

nums! {
    fn f(x: bool[n], y: bool[n]) -> bool[n] {
        x - y
    }
}

fn main() {}
