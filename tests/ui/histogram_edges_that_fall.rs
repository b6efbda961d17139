//! Edges in the wrong order.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> i64[2] {
        histogram(x, bins=[3, 2, 1])[0]
    }
}

fn main() {}
