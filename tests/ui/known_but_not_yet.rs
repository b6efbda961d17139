//! A NumPy function that is not there yet.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        np.apply_along_axis(x)
    }
}

fn main() {}
