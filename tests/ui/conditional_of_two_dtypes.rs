//! Branches of two dtypes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], k: i64[n], flag: bool) -> f64[n] {
        x if flag else k
    }
}

fn main() {}
