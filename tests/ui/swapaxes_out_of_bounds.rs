//! An axis that is not there.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        swapaxes(X, 0, 2)
    }
}

fn main() {}
