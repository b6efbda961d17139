//! An expression never gives `()`.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let b = Array::<f64>::zeros(&[2])?;
    let _: () = nums! { a + b }?;
    Ok(())
}
