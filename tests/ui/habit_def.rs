//! A Python function.

use nums::prelude::*;

nums! {
    def f(x):
        return x
}

fn main() {}
