//! A side that is not there.

use nums::prelude::*;

nums! {
    fn f(a: f64[n], v: f64[m]) -> i64[m] {
        searchsorted(a, v, side="middle")
    }
}

fn main() {}
