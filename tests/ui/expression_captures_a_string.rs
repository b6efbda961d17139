//! A variable that is no array.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let s = "one";
    let _ = nums! { a + s -> Array<f64> }?;
    Ok(())
}
