//! A ragged list.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x + array([[1, 2], [3]])
    }
}

fn main() {}
