//! A generic dtype.

use nums::prelude::*;

nums! {
    fn f<T: Float>(x: T[n]) -> T[n] {
        x
    }
}

fn main() {}
