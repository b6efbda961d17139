//! A method that a generator does not have.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> f64[..] {
        rng = np.random.default_rng(7);
        rng.gaussian(k)
    }
}

fn main() {}
