//! A negative number in a list.

use nums::prelude::*;

nums! {
    fn f(x: f64[3]) -> f64[k] {
        repeat(x, [1, -2, 1])
    }
}

fn main() {}
