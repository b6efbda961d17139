//! An axis that is not 1.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, 3]) -> f64[..] {
        squeeze(X, axis=1)
    }
}

fn main() {}
