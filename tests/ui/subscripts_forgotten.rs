//! An array where the subscripts stand.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], Y: f64[d, m]) -> f64[..] {
        einsum(X, Y)
    }
}

fn main() {}
