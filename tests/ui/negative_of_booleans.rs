//! Minus a boolean.

use nums::prelude::*;

nums! {
    fn f(x: bool[n]) -> bool[n] {
        -x
    }
}

fn main() {}
