//! A misspelt method, in an expression.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _: f64 = nums! { a.meen() }?;
    Ok(())
}
