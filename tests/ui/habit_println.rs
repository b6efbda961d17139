//! A macro of Rust.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[n] {
        println!("{}", x); x
    }
}

fn main() {}
