//! A quantile above 1.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        quantile(x, 1.5)
    }
}

fn main() {}
