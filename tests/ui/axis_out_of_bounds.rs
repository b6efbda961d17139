//! An axis that the array does not have.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n] {
        sum(X, axis=2)
    }
}

fn main() {}
