//! A parameter that must be positive.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> f64[k] {
        rng = np.random.default_rng(1);
        rng.beta(0, 1, k)
    }
}

fn main() {}
