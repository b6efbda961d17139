//! The body gives fewer results than declared.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> (f64[n], f64[n]) {
        x + 1
    }
}

fn main() {}
