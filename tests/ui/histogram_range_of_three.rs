//! A range of three numbers.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> i64[4] {
        histogram(x, bins=4, range=(0, 1, 2))[0]
    }
}

fn main() {}
