//! No triangle.

use nums::prelude::*;

nums! {
    fn f(s: f64[]) -> f64[] {
        tril(s)
    }
}

fn main() {}
