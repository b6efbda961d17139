//! A misspelt function in an expression.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _ = nums! { np.sinn(a) -> Array<f64> }?;
    Ok(())
}
