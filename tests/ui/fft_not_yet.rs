//! Fourier transforms are not there yet.

use nums::prelude::*;

nums! {
    fn f(x: f64[n]) -> f64[..] {
        np.fft.fft(x)
    }
}

fn main() {}
