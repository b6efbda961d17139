//! More subscripts than operands.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum("ij,jk->ik", X)
    }
}

fn main() {}
