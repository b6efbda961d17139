//! Limits of integers are another function's.

use nums::prelude::*;

nums! {
    fn f(k: i64[n]) -> f64[n] {
        k + np.finfo(k.dtype).eps
    }
}

fn main() {}
