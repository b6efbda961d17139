//! Nothing to sort.

use nums::prelude::*;

nums! {
    fn f(s: f64[]) -> f64[] {
        sort(s)
    }
}

fn main() {}
