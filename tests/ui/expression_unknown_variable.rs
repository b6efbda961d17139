//! A variable that is nowhere.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { a + c -> Array<f64> }?;
    Ok(())
}
