//! A method.

use nums::prelude::*;

nums! {
    fn f(self, x: f64[n]) -> f64[n] {
        x
    }
}

fn main() {}
