//! A symbol of the result that nothing binds.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[m] {
        x
    }
}

fn main() {}
