//! Edges as a matrix.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> i64[n] {
        digitize(x, [[1, 2], [3, 4]])
    }
}

fn main() {}
