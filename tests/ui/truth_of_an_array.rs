//! `and` of arrays.

use nums::prelude::*;

nums! {
    fn f(x: bool[n], y: bool[n]) -> bool[n] {
        x and y
    }
}

fn main() {}
