//! A NumPy scalar as a position outside the axis.

use nums::prelude::*;

nums! {
    fn f(x: f64[5]) -> f64[] {
        x[np.int64(7)]
    }
}

fn main() {}
