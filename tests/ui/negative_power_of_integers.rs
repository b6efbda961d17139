//! Integers to a negative power.

use nums::prelude::*;

nums! {
    fn f(x: i64[n]) -> i64[n] {
        x ** -2
    }
}

fn main() {}
