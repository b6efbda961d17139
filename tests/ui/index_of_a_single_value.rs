//! Nothing left to index.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[] {
        x[0][0]
    }
}

fn main() {}
