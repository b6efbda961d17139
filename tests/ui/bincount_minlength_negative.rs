//! A negative number of bins.

use nums::prelude::*;

nums! {
    fn f(x: i64[n]) -> i64[k] {
        bincount(x, minlength=-1)
    }
}

fn main() {}
