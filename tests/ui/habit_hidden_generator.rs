//! NumPy's old random numbers.

use nums::prelude::*;

nums! {
    fn f(n: usize) -> f64[n] {
        np.random.rand(n)
    }
}

fn main() {}
