//! Tuples have at most twelve parts.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { a, a, a, a, a, a, a, a, a, a, a, a, a -> (f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2], f64[2]) }?;
    Ok(())
}
