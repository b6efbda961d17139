//! `import`.

use nums::prelude::*;

nums! {
    import numpy as np
}

fn main() {}
