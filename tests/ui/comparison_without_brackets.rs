//! `&` binds tighter than `>`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> bool[n] {
        x > 0 & x < 1
    }
}

fn main() {}
