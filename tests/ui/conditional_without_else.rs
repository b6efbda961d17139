//! The other branch forgotten.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], flag: bool) -> f64[n] {
        x if flag
    }
}

fn main() {}
