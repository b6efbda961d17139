//! One axis moved to two places.

use nums::prelude::*;

nums! {
    fn f(x: f64[n, d, k]) -> f64[d, n, k] {
        moveaxis(x, (0, 0), (1, 2))
    }
}

fn main() {}
