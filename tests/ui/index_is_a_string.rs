//! A name of a column.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n] {
        X["age"]
    }
}

fn main() {}
