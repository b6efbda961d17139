//! An assignment that changes no Rust variable.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let mut b = nums! { a + 1 -> Array<f64> }?;
    let c = nums! { b = a * 2; a -> Array<f64> }?;
    b = c;
    drop(b);
    Ok(())
}
