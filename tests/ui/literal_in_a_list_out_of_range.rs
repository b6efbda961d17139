//! A literal that the dtype of a list does not hold.

use nums::prelude::*;

nums! {
    fn f(x: u8[2]) -> u8[2] {
        x + np.array([1, 300], dtype=u8)
    }
}

fn main() {}
