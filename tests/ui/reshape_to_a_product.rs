//! One element too many, by symbols.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        X.reshape(n * d + 1)
    }
}

fn main() {}
