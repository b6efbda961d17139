//! Values put where the axis has nothing.

use nums::prelude::*;

nums! {
    fn f(x: f64[5, 3]) -> f64[5, 3] {
        put_along_axis(x, np.array([[0, 1, 5]]), 0.0, axis=0)
    }
}

fn main() {}
