//! A method that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        quantile(x, 0.5, method="middle")
    }
}

fn main() {}
