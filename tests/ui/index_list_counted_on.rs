//! Positions that are computed from a list.

use nums::prelude::*;

nums! {
    fn f(x: f64[4, 2]) -> f64[2, 2] {
        rows = np.array([0, 3]);
        x[rows + 1]
    }
}

fn main() {}
