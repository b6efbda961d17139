//! A misspelt function.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        np.sqtr(x)
    }
}

fn main() {}
