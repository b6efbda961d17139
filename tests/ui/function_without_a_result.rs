//! Nothing after the parameters.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) {
        x
    }
}

fn main() {}
