//! Which direction?

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        gradient(X)
    }
}

fn main() {}
