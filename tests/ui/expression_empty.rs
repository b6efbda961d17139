//! Nothing to compute.

use nums::prelude::*;

fn main() -> Result<()> {
    
    let _: f64 = nums! {}?;
    Ok(())
}
