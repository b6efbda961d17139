//! An f-string dies in Rust's lexer.

use nums::prelude::*;

fn main() -> Result<()> {
    let a = Array::<f64>::zeros(&[2])?;
    let _: f64 = nums! { print(f"a", a); np.sum(a) }?;
    Ok(())
}
