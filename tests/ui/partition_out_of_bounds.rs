//! A place of a partition outside the axis.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[5] {
        partition(x, 9)
    }
}

fn main() {}
