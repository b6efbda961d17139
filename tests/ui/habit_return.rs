//! `return`.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        return x
    }
}

fn main() {}
