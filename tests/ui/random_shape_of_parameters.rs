//! A parameter that is an array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        rng = np.random.default_rng(7);
        rng.gamma(x, size=3)
    }
}

fn main() {}
