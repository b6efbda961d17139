//! NumPy's other way to sum.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        np.add.reduce(x)
    }
}

fn main() {}
