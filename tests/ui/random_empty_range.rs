//! Integers from an empty range.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> i64[k] {
        rng = np.random.default_rng(1);
        rng.integers(5, 5, k)
    }
}

fn main() {}
