//! `.T` is no method.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[d, n] {
        X.T()
    }
}

fn main() {}
