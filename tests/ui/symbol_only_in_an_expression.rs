//! A symbol that nothing binds.

use nums::prelude::*;

nums! {
    fn f(x: f64[n + 1]) -> f64[n + 1] {
        x * 2
    }
}

fn main() {}
