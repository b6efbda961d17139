//! Two sources and one place.

use nums::prelude::*;

nums! {
    fn f(T: f64[a, b, c]) -> f64[..] {
        moveaxis(T, [0, 1], 0)
    }
}

fn main() {}
