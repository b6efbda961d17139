//! A type parameter that is no float.

use nums::prelude::*;

nums! {
    fn f<T: Element>(x: T[n]) -> T[n] {
        x
    }
}

fn main() {}
