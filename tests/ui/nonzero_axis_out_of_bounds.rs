//! An axis that is not there.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> i64[k] {
        nonzero(X)[2]
    }
}

fn main() {}
