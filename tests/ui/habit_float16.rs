//! A dtype that is not there.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f32[n] {
        x.astype(np.float16)
    }
}

fn main() {}
