//! Branches of two shapes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m], flag: bool) -> f64[n] {
        x if flag else y
    }
}

fn main() {}
