//! A probability above 1.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> i64[k] {
        rng = np.random.default_rng(1);
        rng.binomial(3, 1.5, k)
    }
}

fn main() {}
