//! A slope of one element.

use nums::prelude::*;

nums! {
    fn f(x: f64[1]) -> f64[1] {
        gradient(x)
    }
}

fn main() {}
