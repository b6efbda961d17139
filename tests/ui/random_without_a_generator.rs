//! A hidden generator.

use nums::prelude::*;

nums! {
    fn f(k: usize) -> f64[..] {
        np.random.normal(0, 1, k)
    }
}

fn main() {}
