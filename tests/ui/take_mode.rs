//! A mode that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], i: i64[m]) -> f64[..] {
        take(x, i, mode="round")
    }
}

fn main() {}
