//! Functions inside an `impl`.

use nums::prelude::*;

struct Model;

impl Model {
    nums! {
        fn predict(X: f64[n, d], w: f64[d]) -> f64[n] {
            X @ w
        }
    }
}

fn main() {}
