//! Lists are joined in Python, not added.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> i64[4] {
        _y = x; [1, 2] + [3, 4]
    }
}

fn main() {}
