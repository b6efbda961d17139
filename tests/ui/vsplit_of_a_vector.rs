//! Rows of what has none.

use nums::prelude::*;

nums! {
    fn f(x: f64[3]) -> f64[1] {
        vsplit(x, 3)[0]
    }
}

fn main() {}
