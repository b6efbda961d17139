//! The runtime of nums: from a `Func` and arrays to blocks on a cluster.
//!
//! A call binds sizes and tiles (`call`), chooses nodes (`place`), and hands tasks to the `driver`, a state machine without
//! sockets. `pool` joins it to workers: threads of this process, or processes over TCP (`wire`, `launch`). A `worker`
//! resolves dependencies, runs `kernel`s on `block`s and frees them. `array` and `cluster` are what a user holds; `io`
//! reads and writes files; `emitted` is what the macro's code calls. Planning never sees data, workers never see a `Func`
//! but as a kernel's body, the driver never computes.

// A library prints nothing on standard output: it is its user's.
#![warn(clippy::print_stdout)]

pub mod array;
pub mod block;
pub mod call;
pub mod cluster;
pub mod display;
pub mod driver;
pub mod element;
pub mod emitted;
pub mod error;
pub mod hook;
mod ids;
pub mod io;
#[cfg(target_os = "linux")]
pub mod join;
pub mod kernel;
pub mod launch;
pub mod memory;
mod metrics;
pub mod native;
pub mod place;
pub mod plan;
pub mod pool;
mod report;
pub mod spill;
pub mod store;
pub mod token;
pub mod trace;
pub mod vmath;
pub mod wire;
pub mod worker;

pub use ndarray;
pub use nums_ir::dtype::DType;
pub use nums_ir::func::Stage;
