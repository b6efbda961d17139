//! Common divisors are of integers.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        gcd(x, 2)
    }
}

fn main() {}
