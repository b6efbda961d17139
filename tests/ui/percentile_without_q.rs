//! The percentage forgotten.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        percentile(x)
    }
}

fn main() {}
