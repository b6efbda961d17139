//! An argument by PyTorch's name.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[n] {
        X.sum(dim=1)
    }
}

fn main() {}
