//! A misspelt method.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x.cumsun()
    }
}

fn main() {}
