//! A position along an axis that is outside it.

use nums::prelude::*;

nums! {
    fn f(x: f64[5, 3]) -> f64[1, 3] {
        take_along_axis(x, np.array([[0, 1, 5]]), axis=0)
    }
}

fn main() {}
