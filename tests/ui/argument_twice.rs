//! An argument by position and by name.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d] {
        sum(X, 0, axis=0)
    }
}

fn main() {}
