//! More indices than axes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        x[0, 1]
    }
}

fn main() {}
