//! A function of a library that is not there.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { torch.relu(a) -> Array<f64> }?;
    Ok(())
}
