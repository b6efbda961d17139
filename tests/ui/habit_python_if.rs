//! Python's `if` with a colon.

use nums::prelude::*;

nums! {
    fn f(x: f64[n], flag: bool) -> f64[n] {
        if flag:
            x
        else:
            -x
    }
}

fn main() {}
