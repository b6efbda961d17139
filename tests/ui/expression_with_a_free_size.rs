//! A size after the arrow that is no variable.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { a + 1 -> f64[n] }?;
    Ok(())
}
