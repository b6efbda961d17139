//! A list of percentiles, one above 100.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[2] {
        percentile(x, [50, 150])
    }
}

fn main() {}
