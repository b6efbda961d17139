//! Brackets after an array are no product.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x(2)
    }
}

fn main() {}
