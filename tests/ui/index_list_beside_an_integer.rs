//! An integer beside a list of positions, outside its axis.

use nums::prelude::*;

nums! {
    fn f(x: f64[5, 5]) -> f64[2] {
        x[9, [0, 1]]
    }
}

fn main() {}
