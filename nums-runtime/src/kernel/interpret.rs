//! `Kernel`: a fused body, prepared once and run over blocks tile by tile.
//!
//! A body is views that add axes, one element-wise group, and reductions of what the group makes. Its index space is the
//! common shape of the operand blocks, which may be smaller at an array's edge than the body's types say. A tile is a range
//! of the index space in C order (`nums_ir::tiling` says how long). Operands of the whole space are read in place, others are
//! gathered into a tile buffer, and so is of slices what is no run of one block; single elements stay single. The group runs as native code if the program has some for its
//! id, else one operator at a time over a chunk of the tile (`frame`); mapped results are written in place, reductions are fed
//! tile by tile, so that nothing of the size of a block is made but results, and not even those where an operand that nobody will
//! read again can be written over (`kernel/over.rs`). Bits do not depend on any of this. What a tile needs is allocated before the first
//! one (`run.rs`).

mod frame;
mod gather;
mod prepare;
mod run;

pub(super) use gather::{Fill, broadcast};
pub(super) use run::{Rows, Run};

use super::KernelError;
use super::map::Code;
use super::view::Spare;
use crate::block::Block;
use crate::native::{self, Native};
use frame::Step;
use nums_ir::dtype::DType;
use nums_ir::group::Group;
use nums_ir::ops::ReduceOp;
use nums_ir::tiling::Touched;
use std::sync::atomic::{AtomicU64, Ordering};

/// A kernel's body, prepared for running.
#[derive(Debug)]
pub(super) struct Kernel {
    name: String,
    params: Vec<Param>,
    /// What the slots before and after the group's steps hold: the group's inputs, then other values that leave the body.
    sources: Vec<Source>,
    group: Group,
    native: Option<&'static Native>,
    /// The loops of the group's steps; none of a constant.
    codes: Vec<Option<Code>>,
    /// What a tile touches.
    touched: Touched,
    /// Where each step's elements go: by step of the group; none where the native loop keeps them in a register.
    places: Vec<Option<Home>>,
    /// Steps with one element for the whole space, but for constants.
    once: Vec<Step>,
    /// Steps with one element a position; none if the native loop does them.
    each: Vec<Step>,
    /// The blocks that an execution writes: the native loop's outputs in order, or buffers by turns, then results that are operands.
    homes: Vec<Room>,
    /// Operands that are results: source and home.
    copies: Vec<(usize, Home)>,
    reductions: Vec<Reduce>,
    results: Vec<Output>,
}

#[derive(Debug)]
struct Param {
    dtype: DType,
    rank: usize,
}

/// A value that the group reads.
#[derive(Debug)]
struct Source {
    dtype: DType,
    splat: bool,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    /// A parameter, looked at through new axes: for each axis of the view the parameter's axis.
    Param { index: usize, axes: Vec<Option<usize>> },
    /// A size that is used as a value.
    Dim(i64),
}

/// An index into the blocks of an execution.
type Home = usize;

/// How much a home holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// One element for the whole space.
    One,
    /// The whole space: a tile has its place in it.
    Space,
    /// One tile.
    Tile,
    /// One chunk of a tile (`frame`): what only steps read.
    Chunk,
}

/// A block of an execution.
#[derive(Clone, Copy, Debug)]
struct Room {
    dtype: DType,
    reach: Reach,
}

/// Values of the body, numbered: sources of the group, steps, then other sources.
type Slot = usize;

#[derive(Debug)]
struct Reduce {
    op: ReduceOp,
    axes: Vec<usize>,
    keepdims: bool,
    slot: Slot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// Elements of a slot.
    Slot(Slot),
    /// A reduction.
    Reduced(usize),
}

/// How groups were executed in this process since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By native code.
    pub native: u64,
    /// By the interpreter.
    pub interpreted: u64,
}

static NATIVE_RUNS: AtomicU64 = AtomicU64::new(0);
static INTERPRETED_RUNS: AtomicU64 = AtomicU64::new(0);

/// How groups were executed in this process so far, one count a kernel task.
pub fn counts() -> Counts {
    Counts { native: NATIVE_RUNS.load(Ordering::Relaxed), interpreted: INTERPRETED_RUNS.load(Ordering::Relaxed) }
}

impl Kernel {
    /// Whether the group runs as native code; `None` for a kernel without element-wise steps.
    pub(super) fn is_native(&self) -> Option<bool> {
        (!self.group.steps.is_empty()).then_some(self.native.is_some())
    }

    /// The same kernel, interpreted.
    #[must_use]
    pub(super) fn interpreted(mut self) -> Kernel {
        self.native = None;
        self.assign_places();
        self
    }

    fn mismatch(&self, why: impl Into<String>) -> KernelError {
        KernelError::mismatch(&self.name, why)
    }

    /// Runs the kernel on operand blocks: its results in order.
    #[cfg(test)]
    fn run(&self, mut args: &[super::Operand<'_>]) -> Result<Vec<Block>, KernelError> {
        self.run_over(&mut args)
    }

    /// Runs the kernel on operands that may lie in parts of blocks, and of which spare ones may be written over: its results in order.
    pub(super) fn run_over(&self, args: &mut dyn Spare) -> Result<Vec<Block>, KernelError> {
        let mut run = Run::begin(self, args, None)?;
        self.count();
        run.all(args)?;
        run.finish(args)
    }

    /// Elements of a tile.
    fn tile(&self) -> usize {
        self.touched.tile(false, native::cache())
    }

    /// Counts one execution of the group.
    pub(super) fn count(&self) {
        match self.is_native() {
            Some(true) => NATIVE_RUNS.fetch_add(1, Ordering::Relaxed),
            Some(false) => INTERPRETED_RUNS.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
    }

    fn is_splat(&self, slot: Slot) -> bool {
        match self.slot(slot) {
            Named::Source(s) => self.sources[s].splat,
            Named::Step(s) => self.group.steps[s].splat,
        }
    }

    fn dtype(&self, slot: Slot) -> DType {
        match self.slot(slot) {
            Named::Source(s) => self.sources[s].dtype,
            Named::Step(s) => self.group.steps[s].dtype,
        }
    }

    fn slot(&self, slot: Slot) -> Named {
        let (inputs, steps) = (self.group.inputs.len(), self.group.steps.len());
        if slot < inputs {
            Named::Source(slot)
        } else if slot < inputs + steps {
            Named::Step(slot - inputs)
        } else {
            Named::Source(slot - steps)
        }
    }

    /// The home of a result that has one element a position.
    fn home(&self, slot: Slot) -> Option<Home> {
        match self.slot(slot) {
            Named::Step(s) => self.places[s],
            Named::Source(s) => self.copies.iter().find(|(source, _)| *source == s).map(|(_, home)| *home),
        }
    }
}

enum Named {
    Source(usize),
    Step(usize),
}

#[cfg(test)]
mod tests;
