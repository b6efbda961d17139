//! Two results as one.

use nums::prelude::*;

nums! {
    fn f(k: i64[n]) -> i64[n] {
        divmod(k, 2) + 1
    }
}

fn main() {}
