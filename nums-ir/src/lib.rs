//! The array IR of nums.
//!
//! ```text
//! tokens → Func (parsed) → infer → Func (typed) → PIPELINE → Func (fused) → bind, tile → Graph (tiled) → Placement (placed)
//! ```
//!
//! Read in this order: `ops` (the operator table), `func` (programs over whole arrays), `infer` (the only shape rules), `pass`
//! (the pipeline), `panel` (one pass over many rows), `grid` and `graph` (blocks and tasks), `tile` (from one to the other). `text` prints and parses every
//! stage, `verify` is the IR's specification, `eval` the oracle of all tests. Nothing here does I/O, knows a thread, a
//! socket or a clock, or holds global state.

// A library prints nothing on standard output: it is its user's.
#![warn(clippy::print_stdout)]

pub mod alone;
pub mod attr;
pub mod bind;
pub mod builtin;
pub mod contraction;
pub mod cost;
pub mod data;
pub mod diag;
pub mod dim;
pub mod dtype;
#[cfg(feature = "eval")]
pub mod eval;
mod expand;
pub mod explain;
pub mod flops;
pub mod func;
pub mod graph;
pub mod grid;
pub mod group;
pub mod infer;
pub mod network;
pub mod ops;
pub mod panel;
pub mod pass;
pub mod passes;
pub mod promote;
pub mod reflections;
pub mod scalar;
pub mod slices;
pub mod text;
pub mod tile;
pub mod tiling;
pub mod types;
pub mod verify;
pub mod wait;
pub mod window;
