//! An index that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[3]) -> f64[3] {
        x[3] = 1;
        x
    }
}

fn main() {}
