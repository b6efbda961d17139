//! As many names as there are arrays.

use nums::prelude::*;

nums! {
    fn f(x: f64[3, n]) -> f64[n] {
        a, b = np.unstack(x);
        a + b
    }
}

fn main() {}
