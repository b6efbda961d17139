//! What is printed has a label.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        print(x, x);
        x
    }
}

fn main() {}
