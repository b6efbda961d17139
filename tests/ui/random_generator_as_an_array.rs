//! A generator is no array.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        rng = np.random.default_rng(7);
        x + rng
    }
}

fn main() {}
