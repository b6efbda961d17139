//! Three names for two axes.

use nums::prelude::*;

nums! {
    fn f(X: f64[n, d]) -> f64[..] {
        a, b, c = X.shape;
        X * a * b * c
    }
}

fn main() {}
