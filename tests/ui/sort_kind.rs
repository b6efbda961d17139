//! An order that is none.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        sort(x, kind="fast")
    }
}

fn main() {}
