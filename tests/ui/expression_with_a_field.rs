//! A field of a Rust value.

use nums::prelude::*;

struct Model {
    weights: Array<f64>,
}

fn main() -> Result<()> {
    let model = Model { weights: Array::<f64>::zeros(&[2])? };
    let _ = nums! { model.weights * 2 -> Array<f64> }?;
    Ok(())
}
