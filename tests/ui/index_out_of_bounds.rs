//! An index that the axis does not have.

use nums::prelude::*;

nums! {
    fn f(x: f64[3]) -> f64[] {
        x[3]
    }
}

fn main() {}
