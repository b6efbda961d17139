//! A shape that does not hold it.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        broadcast_to(X, (3,))
    }
}

fn main() {}
