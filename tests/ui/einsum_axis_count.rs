//! Subscripts that name more axes than there are.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum("ijk->i", X)
    }
}

fn main() {}
