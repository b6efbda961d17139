//! Two axes moved to one place.

use nums::prelude::*;

nums! {
    fn f(x: f64[n, d, k]) -> f64[d, n, k] {
        moveaxis(x, (0, 1), (1, 1))
    }
}

fn main() {}
