//! Edges that rise and fall.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> i64[n] {
        digitize(x, [3, 1, 2])
    }
}

fn main() {}
