//! Integers that the dtype does not hold.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> u8[k] {
        rng = np.random.default_rng(1);
        rng.integers(0, 300, k, dtype=u8)
    }
}

fn main() {}
