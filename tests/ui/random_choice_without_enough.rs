//! More than there are.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> i64[5] {
        rng = np.random.default_rng(7);
        rng.choice(3, size=5, replace=False)
    }
}

fn main() {}
