//! Weights of another size.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], w: f64[m]) -> f64[10] {
        histogram(x, weights=w)[0]
    }
}

fn main() {}
