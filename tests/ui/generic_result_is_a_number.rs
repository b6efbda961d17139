//! A generic function that gives a plain number.

use nums::prelude::*;

nums! {
    fn f<T: Float>(x: T[n]) -> T {
        sum(x)
    }
}

fn main() {}
