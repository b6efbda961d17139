//! `as f64`.

use nums::prelude::*;

nums! {
    fn f(x: i64[n]) -> f64[n] {
        x as f64
    }
}

fn main() {}
