//! An order that is not there.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        linalg.norm(X, 2)
    }
}

fn main() {}
