//! A list of positions, one of which is before the first.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[2] {
        x[np.array([0, -6])]
    }
}

fn main() {}
