//! Too many axes.

use nums::prelude::*;

nums! {
    fn f(T: f64[a, b, c]) -> f64[..] {
        diag(T)
    }
}

fn main() {}
