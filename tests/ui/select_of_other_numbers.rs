//! Two conditions and one choice.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        select([x > 0, x < 0], [x])
    }
}

fn main() {}
