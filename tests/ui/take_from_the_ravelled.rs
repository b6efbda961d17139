//! `take` without an axis counts through the whole array.

use nums::prelude::*;

nums! {
    fn f(x: f64[3, 2]) -> f64[1] {
        np.take(x, [6])
    }
}

fn main() {}
