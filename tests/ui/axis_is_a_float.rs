//! An axis that is no integer.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(X, axis=0.5)
    }
}

fn main() {}
