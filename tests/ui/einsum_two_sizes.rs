//! One index of two sizes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d], y: f64[n]) -> f64[..] {
        einsum("ij,j->i", X, y)
    }
}

fn main() {}
