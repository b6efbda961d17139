//! A `Vec` is no array.

use nums::prelude::*;

fn main() -> Result<()> {
    let v = vec![1.0, 2.0];
    let _: f64 = nums! { np.sum(v) }?;
    Ok(())
}
