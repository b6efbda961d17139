//! `!` of booleans.

use nums::prelude::*;

nums! {
    fn f(m: bool[n]) -> bool[n] {
        !m
    }
}

fn main() {}
