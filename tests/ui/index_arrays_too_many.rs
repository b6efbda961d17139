//! More positions than axes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], i: i64[m]) -> f64[m] {
        x[i, i]
    }
}

fn main() {}
