//! A clash inside a function is told of the function.

use nums::prelude::*;

nums! {
    fn f(x: f64[3]) -> bool[3] {
        isclose(x, [1, 2])
    }
}

fn main() {}
