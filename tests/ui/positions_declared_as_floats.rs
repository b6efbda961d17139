//! Positions whose number the data decides.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        where(x > 0)[0]
    }
}

fn main() {}
