//! A range of positions that is longer than the axis.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n + 1] {
        x[arange(n + 1)]
    }
}

fn main() {}
