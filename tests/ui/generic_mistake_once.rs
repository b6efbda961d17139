//! A mistake in both versions, told once.

use nums::prelude::*;

nums! {
    fn f<T: Float>(x: T[n], y: T[m]) -> T[n] {
        x + y
    }
}

fn main() {}
