//! A mistake of syntax hides none of shapes.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], w: f64[m]) -> f64[n] {
        y = x as f64;
        z = x + w;
        y + z
    }
}

fn main() {}
