//! A negative seed.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> f64[k] {
        rng = np.random.default_rng(-1);
        rng.random(k)
    }
}

fn main() {}
