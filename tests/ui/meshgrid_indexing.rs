//! An order that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], y: f64[m]) -> f64[..] {
        meshgrid(x, y, indexing="yx")[0]
    }
}

fn main() {}
