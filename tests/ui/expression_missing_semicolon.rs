//! A line that runs into the next, in an expression.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _: Array<f64> = nums! {
        b = a + 1
        (b * 2)
    }?;
    Ok(())
}
