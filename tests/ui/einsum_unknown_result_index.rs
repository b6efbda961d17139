//! A result index that no operand has.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        einsum("ij->ik", X)
    }
}

fn main() {}
