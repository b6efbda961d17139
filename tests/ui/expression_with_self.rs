//! A field of `self`.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { self.weights + a -> Array<f64> }?;
    Ok(())
}
