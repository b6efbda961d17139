//! Two names assigned at once.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        y = z = x; y + z
    }
}

fn main() {}
