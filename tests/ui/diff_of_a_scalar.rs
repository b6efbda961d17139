//! No neighbours.

use nums::prelude::*;

nums! {
    fn f(s: f64[]) -> f64[] {
        diff(s)
    }
}

fn main() {}
