//! NumPy inside Rust.
//!
//! `nums! { … }` parses NumPy-style expressions when your program is built, checks shapes and dtypes, fuses what can share a
//! pass, and runs it block by block on threads, on worker processes, or on many machines.
//!
//! ```
//! use nums::prelude::*;
//!
//! nums! {
//!     /// Columns to mean 0 and standard deviation 1.
//!     fn standardise(X: f64[n, d]) -> f64[n, d] {
//!         centred = X - mean(X, axis=0);
//!         centred / sqrt(mean(centred ** 2, axis=0))
//!     }
//! }
//!
//! fn main() -> Result<()> {
//!     let cluster = Cluster::threads(2)?;
//!     let x = Array::<f64>::from_vec(vec![1.0, 2.0, 3.0, 6.0], &[2, 2])?;
//!     let z = standardise(&x)?;
//!     assert_eq!(z.to_vec()?, [-1.0, -1.0, 1.0, 1.0]);
//!     let largest = nums! { np.max(z + 1) -> f64 }?;
//!     assert_eq!(largest, 2.0);
//!     cluster.finish()
//! }
//! ```
//!
//! * [`nums!`]: the two forms, functions with types and expressions
//! * [`Array`], [`DynArray`]: handles on arrays cut into blocks
//! * [`Cluster`]: threads, or worker processes; [`ClusterSpec`] and [`Plan`]: what would run where, for asserts
//! * [`Error`]: everything that can go wrong, with fields
//!
//! The language, with every difference from Python, is in `docs/language.md`.

pub use nums_macros::{ir, nums};
pub use nums_runtime::array::{Array, DynArray};
pub use nums_runtime::cluster::{Cluster, ClusterBuilder, Entered, Status};
pub use nums_runtime::element::{Element, Float, c64, c128};
pub use nums_runtime::error::{Error, Failure, Result};
pub use nums_runtime::io::CsvOptions;
pub use nums_runtime::place::{ClusterSpec, Layout, LinkSpec, NodeSpec, Order, PolicyCost, Score};
pub use nums_runtime::plan::Plan;
pub use nums_runtime::{DType, Stage, ndarray};

#[doc(hidden)]
pub use nums_runtime::emitted as __emitted;

/// The vocabulary of `nums!`, for editors: no compiler sees it.
#[cfg(rust_analyzer)]
#[doc(hidden)]
pub mod __editor {
    nums_macros::words!();
}

/// Turns this process into a worker if a driver started it as one; else does nothing. Call it first in `main` where the
/// feature `worker-hook` is off.
pub fn init() {
    nums_runtime::hook::init();
}

/// Runs this process as a worker of a driver on any machine, by its arguments, and ends it: the whole `main` of a worker
/// program. `nums-worker` is that program with nothing else; a crate that has its kernels in a library makes one whose
/// kernels are native:
///
/// ```no_run
/// // src/bin/worker.rs; `use my_kernels as _;` links them in
/// nums::worker_main()
/// ```
#[cfg(target_os = "linux")]
pub fn worker_main() -> ! {
    nums_runtime::join::worker_main()
}

/// What most programs use.
pub mod prelude {
    pub use crate::{Array, Cluster, DynArray, Result, nums};
}

/// The pages whose code runs as a test.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/language.md")]
    mod language {}
    #[doc = include_str!("../docs/placement.md")]
    mod placement {}
    #[doc = include_str!("../docs/remote.md")]
    mod remote {}
    #[doc = include_str!("../docs/memory.md")]
    mod memory {}
    #[doc = include_str!("../docs/performance.md")]
    mod performance {}
    #[doc = include_str!("../docs/faults.md")]
    mod faults {}
}
