//! A negative deviation.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> f64[k] {
        rng = np.random.default_rng(1);
        rng.normal(0, -1, k)
    }
}

fn main() {}
