//! `let`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        let y = x + 1;
        y
    }
}

fn main() {}
