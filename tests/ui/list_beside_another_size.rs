//! Three numbers beside n.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        x + [1, 2, 3]
    }
}

fn main() {}
