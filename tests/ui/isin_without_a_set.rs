//! Among what?

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        isin(x)
    }
}

fn main() {}
