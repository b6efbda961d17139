//! A digit as an index.

use nums::prelude::*;

nums! {
    fn f(x: f64[n, d]) -> f64[n] {
        einsum("i1->i", x)
    }
}

fn main() {}
