//! A splice in the function form.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        x * { 2 + 2 }
    }
}

fn main() {}
