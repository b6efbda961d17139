//! A dtype with its module in a type.

use nums::prelude::*;

nums! {
    fn f(x: np.float32[n]) -> f64[n] {
        x
    }
}

fn main() {}
