//! A word of neural networks.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        np.relu(x)
    }
}

fn main() {}
