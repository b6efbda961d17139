//! Numbers as conditions.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        select([x], [x])
    }
}

fn main() {}
