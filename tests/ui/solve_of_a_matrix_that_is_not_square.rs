//! Solve wants a square matrix.

use nums::prelude::*;

nums! {
    fn f(A: f64[n, d], b: f64[n]) -> f64[d] {
        linalg.solve(A, b)
    }
}

fn main() {}
