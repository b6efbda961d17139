//! A median is a float.

use nums::prelude::*;

nums! {
    fn f(k: i64[n]) -> i64[] {
        median(k)
    }
}

fn main() {}
