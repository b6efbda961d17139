//! `in`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> bool[n] {
        2 in x
    }
}

fn main() {}
