//! Probabilities that do not sum to 1.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> i64[k] {
        rng = np.random.default_rng(1);
        rng.choice(3, k, p=[0.5, 0.6, 0.3])
    }
}

fn main() {}
