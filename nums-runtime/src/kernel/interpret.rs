//! `Kernel`: a fused body, prepared once and run over blocks tile by tile.
//!
//! A body is views that add axes, one element-wise group, and reductions of what the group makes. Its index space is the
//! common shape of the operand blocks, which may be smaller at an array's edge than the body's types say. A tile is a range
//! of the index space in C order that fits in the fastest cache. Operands of the whole space are read in place, others are
//! gathered into a tile buffer; single elements stay single. The group runs as native code if the program has some for its
//! id, else one operator at a time (`map`); mapped results are written in place, reductions are fed tile by tile, so that
//! nothing of the size of a block is made but results. Bits do not depend on any of this.

mod gather;
mod prepare;

pub(super) use gather::broadcast;

use self::gather::Gather;
use super::reduce::{Reduction, reduced_shape, reduction};
use super::view::Read;
use super::{KernelError, Operand, map};
use crate::block::Block;
use crate::element::{Element, Slice, SliceMut, with_type};
use crate::native::{Native, fetch_ahead};
use nums_ir::dtype::DType;
use nums_ir::group::{Group, StepOp};
use nums_ir::ops::ReduceOp;
use std::sync::atomic::{AtomicU64, Ordering};

/// Elements of a tile: a multiple of the panels of `reduce`. A few buffers of this many stay in the second cache, and an operand
/// is read in runs that are long enough for the hardware to fetch ahead: with 1024, chains over large blocks cost half as
/// much again.
const TILE: usize = 4096;

/// Elements of a tile of the interpreter, which passes over it once an operator: its buffers stay in the first cache. What it
/// reads is fetched ahead by hand.
const INTERPRETED_TILE: usize = 1024;

/// A kernel's body, prepared for running.
#[derive(Debug)]
pub(super) struct Kernel {
    name: String,
    params: Vec<Param>,
    /// What the slots before and after the group's steps hold: the group's inputs, then other values that leave the body.
    sources: Vec<Source>,
    group: Group,
    native: Option<&'static Native>,
    /// Where each step's elements go: by step of the group.
    places: Vec<Place>,
    /// Dtypes of the tile buffers.
    buffers: Vec<DType>,
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

/// Where a step leaves its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// One element for the whole space.
    Splat,
    /// In result `k`, at the tile's place.
    Result(usize),
    /// In a tile buffer.
    Buffer(usize),
    /// Nowhere: the native loop keeps it in a register.
    Register,
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

#[derive(Clone, Copy, Debug)]
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
    pub(super) fn run(&self, args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
        let args: Vec<Read<'_>> = args.iter().map(Read::from).collect();
        let mut run = Run::new(self, &args)?;
        self.count();
        run.all()?;
        run.finish()
    }

    /// Elements of a tile.
    fn tile(&self) -> usize {
        if self.native.is_none() && self.group.steps.len() > 1 { INTERPRETED_TILE } else { TILE }
    }

    /// Counts one execution of the group.
    pub(super) fn count(&self) {
        match self.is_native() {
            Some(true) => NATIVE_RUNS.fetch_add(1, Ordering::Relaxed),
            Some(false) => INTERPRETED_RUNS.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
    }

    /// Runs the kernel on the next rows of blocks that have `rows` rows in all. Reductions over the rows go on in `carried`;
    /// their results are empty blocks until `totals`.
    pub(super) fn run_rows(&self, args: &[Read<'_>], carried: &mut Carried, rows: usize) -> Result<Vec<Block>, KernelError> {
        let mut run = Run::new(self, args)?;
        if carried.space.is_empty() {
            carried.space = run.space.clone();
            let first = carried.space.first_mut().ok_or_else(|| self.mismatch("rows of a scalar"))?;
            *first = rows;
            let start = |r: &Reduce| match r.axes.contains(&0) {
                true => reduction(r.op, self.dtype(r.slot), &carried.space, &r.axes).map(Some),
                false => Ok(None),
            };
            carried.reductions = self.reduced_full().map(start).collect::<Result<_, _>>()?;
        }
        run.carried = carried.reductions.iter().map(Option::is_some).collect();
        let mut swap = |run: &mut Run<'_>| {
            for (own, kept) in run.reductions.iter_mut().zip(&mut carried.reductions) {
                if let Some(kept) = kept {
                    std::mem::swap(own, kept);
                }
            }
        };
        swap(&mut run);
        run.all()?;
        swap(&mut run);
        run.finish()
    }

    /// The results that were carried over all rows: their places among the results, and the blocks.
    pub(super) fn totals(&self, carried: Carried) -> Result<Vec<(usize, Block)>, KernelError> {
        let full = self.reductions.iter().enumerate().filter(|(_, r)| !self.is_splat(r.slot));
        let mut out = Vec::new();
        for ((at, reduce), kept) in full.zip(carried.reductions) {
            let Some(kept) = kept else { continue };
            let block = kept.finish(&reduced_shape(&carried.space, &reduce.axes, reduce.keepdims))?;
            let places = (0..self.results.len()).filter(|k| matches!(self.results[*k], Output::Reduced(r) if r == at));
            out.extend(places.map(|k| (k, block.clone())));
        }
        Ok(out)
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

    /// Slots that leave the group and have one element a position.
    fn reduced_full(&self) -> impl Iterator<Item = &Reduce> {
        self.reductions.iter().filter(|r| !self.is_splat(r.slot))
    }
}

enum Named {
    Source(usize),
    Step(usize),
}

/// Reductions over rows that come tile by tile.
#[derive(Default)]
pub(super) struct Carried {
    /// The index space of all rows; empty before the first tile.
    space: Vec<usize>,
    reductions: Vec<Option<Box<dyn Reduction>>>,
}

/// One execution of a kernel.
struct Run<'a> {
    kernel: &'a Kernel,
    space: Vec<usize>,
    /// By source: how its elements are read.
    streams: Vec<Stream<'a>>,
    /// By step: the one element of a splat.
    ones: Vec<Block>,
    /// By result: the block of a mapped one.
    results: Vec<Block>,
    buffers: Vec<Block>,
    reductions: Vec<Box<dyn Reduction>>,
    /// By reduction: whether it goes on after this execution.
    carried: Vec<bool>,
}

/// How the elements of a source are read.
enum Stream<'a> {
    /// One element.
    One(Block),
    /// In place.
    Whole(Slice<'a>),
    /// Through a tile buffer.
    Gathered(Gather<'a>),
}

impl<'a> Run<'a> {
    fn new(kernel: &'a Kernel, args: &[Read<'a>]) -> Result<Run<'a>, KernelError> {
        if args.len() != kernel.params.len() {
            return Err(kernel.mismatch(format!("{} operands, expected {}", args.len(), kernel.params.len())));
        }
        for (param, arg) in kernel.params.iter().zip(args) {
            if let Read::Elements(b) = arg
                && (b.dtype() != param.dtype || b.shape().len() != param.rank)
            {
                let expected = format!("expected {} of rank {}", param.dtype, param.rank);
                return Err(kernel.mismatch(format!("{}{:?}, {expected}", b.dtype(), b.shape())));
            }
        }
        let mut space = Vec::new();
        for source in kernel.sources.iter().filter(|s| !s.splat) {
            let shape = source.shape(args).ok_or_else(|| kernel.mismatch("a scalar, expected a block"))?;
            let fits = broadcast(&space, &shape);
            space = fits.ok_or_else(|| kernel.mismatch(format!("a block of {shape:?} in an index space of {space:?}")))?;
        }
        let streams = kernel.sources.iter().map(|s| s.read(args, &space)).collect::<Option<Vec<_>>>();
        let streams = streams.ok_or_else(|| kernel.mismatch("an operand is not of its kind"))?;
        let ones = kernel.group.steps.iter().map(|s| Block::zeros(s.dtype, &[usize::from(s.splat)])).collect();
        let full = |output: &Output| match *output {
            Output::Slot(slot) if !kernel.is_splat(slot) => Block::stale(kernel.dtype(slot), &space),
            Output::Slot(_) | Output::Reduced(_) => Block::default(),
        };
        let results = kernel.results.iter().map(full).collect();
        let buffers = kernel.buffers.iter().map(|&dtype| Block::stale(dtype, &[kernel.tile()])).collect();
        let start = |r: &Reduce| {
            if r.axes.iter().any(|&axis| axis >= space.len()) {
                return Err(kernel.mismatch(format!("axes {:?} of an index space of {space:?}", r.axes)));
            }
            reduction(r.op, kernel.dtype(r.slot), &space, &r.axes)
        };
        let reductions = kernel.reduced_full().map(start).collect::<Result<_, _>>()?;
        Ok(Run { kernel, space, streams, ones, results, buffers, reductions, carried: Vec::new() })
    }

    fn all(&mut self) -> Result<(), KernelError> {
        self.splats()?;
        let n: usize = self.space.iter().product();
        if self.has_tiles() {
            let tile = self.kernel.tile();
            for start in (0..n).step_by(tile) {
                self.tile(start, tile.min(n - start))?;
            }
        }
        Ok(())
    }

    /// Whether anything has one element a position.
    fn has_tiles(&self) -> bool {
        let mapped = self.kernel.results.iter().any(|o| matches!(o, Output::Slot(slot) if !self.kernel.is_splat(*slot)));
        mapped || !self.reductions.is_empty()
    }

    /// Computes the steps that have one element for the whole space.
    fn splats(&mut self) -> Result<(), KernelError> {
        let steps = &self.kernel.group.steps;
        for (i, step) in steps.iter().enumerate().filter(|(_, s)| s.splat) {
            let mut one = std::mem::take(&mut self.ones[i]);
            self.step(i, 0, 1, one.slice_mut())?;
            if step.dtype != one.dtype() {
                return Err(self.kernel.mismatch("a step of another dtype"));
            }
            self.ones[i] = one;
        }
        Ok(())
    }

    /// The elements of a slot for a tile; one for a splat.
    fn slice(&self, slot: Slot, start: usize, len: usize) -> Slice<'_> {
        match self.kernel.slot(slot) {
            Named::Source(s) => match &self.streams[s] {
                Stream::One(block) => block.slice(),
                Stream::Whole(elements) => part(*elements, start, len),
                Stream::Gathered(gather) => part(gather.buffer().slice(), 0, len),
            },
            Named::Step(s) => match self.kernel.places[s] {
                Place::Splat | Place::Register => self.ones[s].slice(),
                Place::Result(k) => part(self.results[k].slice(), start, len),
                Place::Buffer(b) => part(self.buffers[b].slice(), 0, len),
            },
        }
    }

    /// Runs step `i` into `dst`.
    fn step(&self, i: usize, start: usize, len: usize, mut dst: SliceMut<'_>) -> Result<(), KernelError> {
        let step = &self.kernel.group.steps[i];
        let arg = |slot: &Slot| self.slice(*slot, start, len);
        match (step.op, step.args.as_slice()) {
            (StepOp::Map(op), [a]) => map::map(op, &[arg(a)], dst),
            (StepOp::Map(op), [a, b]) => map::map(op, &[arg(a), arg(b)], dst),
            (StepOp::Map(op), [a, b, c]) => map::map(op, &[arg(a), arg(b), arg(c)], dst),
            (StepOp::Cast, [a]) => map::cast(arg(a), dst),
            (StepOp::Const(value), []) => {
                with_type!(step.dtype, T => if let Some(dst) = T::slice_mut(dst.reborrow()) { dst.fill(T::from_scalar(value)) });
                Ok(())
            }
            (StepOp::Map(_) | StepOp::Cast | StepOp::Const(_), args) => {
                Err(self.kernel.mismatch(format!("{} operands of a step", args.len())))
            }
        }
    }

    fn tile(&mut self, start: usize, len: usize) -> Result<(), KernelError> {
        for stream in &mut self.streams {
            if let Stream::Gathered(gather) = stream {
                gather.fill(start, len);
            }
        }
        match self.kernel.native {
            Some(native) => self.native_tile(native, start, len)?,
            None => self.interpreted_tile(start, len)?,
        }
        let kernel = self.kernel;
        for (k, output) in kernel.results.iter().enumerate() {
            if let Output::Slot(slot) = *output
                && let (Named::Source(_), false) = (kernel.slot(slot), kernel.is_splat(slot))
            {
                let mut dst = std::mem::take(&mut self.results[k]);
                map::cast(self.slice(slot, start, len), part_mut(&mut dst, start, len))?;
                self.results[k] = dst;
            }
        }
        let mut reductions = std::mem::take(&mut self.reductions);
        for (reduction, reduce) in reductions.iter_mut().zip(kernel.reduced_full()) {
            reduction.feed(self.slice(reduce.slot, start, len))?;
        }
        self.reductions = reductions;
        Ok(())
    }

    fn interpreted_tile(&mut self, start: usize, len: usize) -> Result<(), KernelError> {
        let mapped = self.kernel.group.steps.iter().filter(|s| !s.splat).count();
        let mut ahead = 0;
        for (i, &place) in self.kernel.places.iter().enumerate() {
            // Each step fetches its share of the next tile: no step reads memory long enough for the hardware to do it.
            if matches!(place, Place::Result(_) | Place::Buffer(_)) {
                let (from, to) = (len * ahead / mapped, len * (ahead + 1) / mapped);
                self.fetch(start + len + from, to - from);
                ahead += 1;
            }
            let at = match place {
                Place::Splat | Place::Register => continue,
                Place::Result(_) => start,
                Place::Buffer(_) => 0,
            };
            // Out of `self` for the time of the step, which reads other places.
            let mut dst = std::mem::take(self.block_at(place, i));
            self.step(i, start, len, part_mut(&mut dst, at, len))?;
            *self.block_at(place, i) = dst;
        }
        Ok(())
    }

    /// Fetches `len` elements from `start` of every operand that is read in place.
    fn fetch(&self, start: usize, len: usize) {
        for stream in &self.streams {
            if let Stream::Whole(elements) = stream {
                let end = (start + len).min(elements.len());
                let next = part(*elements, start.min(end), end - start.min(end));
                with_type!(next.dtype(), T => fetch_ahead(T::slice(next).unwrap_or_default()));
            }
        }
    }

    fn native_tile(&mut self, native: &Native, start: usize, len: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        let inputs = kernel.group.inputs.len();
        let place = |slot: &Slot| (slot - inputs, kernel.places[slot - inputs]);
        let outputs = || kernel.group.outputs.iter().map(place);
        let mut blocks: Vec<Block> = outputs().map(|(step, place)| std::mem::take(self.block_at(place, step))).collect();
        let ins: Vec<Slice<'_>> = (0..inputs).map(|slot| self.slice(slot, start, len)).collect();
        let mut outs: Vec<SliceMut<'_>> = Vec::with_capacity(blocks.len());
        for ((_, place), block) in outputs().zip(&mut blocks) {
            outs.push(match place {
                Place::Splat | Place::Register => block.slice_mut(),
                Place::Result(_) => part_mut(block, start, len),
                Place::Buffer(_) => part_mut(block, 0, len),
            });
        }
        if !native.run(len, &ins, &mut outs) {
            return Err(kernel.mismatch("native code of another group"));
        }
        drop((ins, outs));
        for ((step, place), block) in outputs().zip(blocks) {
            *self.block_at(place, step) = block;
        }
        Ok(())
    }

    fn block_at(&mut self, place: Place, step: usize) -> &mut Block {
        match place {
            Place::Splat | Place::Register => &mut self.ones[step],
            Place::Result(k) => &mut self.results[k],
            Place::Buffer(b) => &mut self.buffers[b],
        }
    }

    fn finish(mut self) -> Result<Vec<Block>, KernelError> {
        let kernel = self.kernel;
        let one = |run: &Run<'_>, slot| {
            let slice = run.slice(slot, 0, 1);
            with_type!(slice.dtype(), T => T::slice(slice).map(|s| Block::from_slice(&s[..1], &[])).unwrap_or_default())
        };
        let mut reduced = Vec::new();
        let mut full = std::mem::take(&mut self.reductions).into_iter();
        let mut carried = std::mem::take(&mut self.carried).into_iter();
        for reduce in &kernel.reductions {
            reduced.push(if kernel.is_splat(reduce.slot) {
                one(&self, reduce.slot)
            } else {
                let shape = reduced_shape(&self.space, &reduce.axes, reduce.keepdims);
                let reduction = full.next().ok_or_else(|| kernel.mismatch("a reduction without operand"))?;
                if carried.next().unwrap_or(false) { Block::default() } else { reduction.finish(&shape)? }
            });
        }
        let mut out = Vec::with_capacity(kernel.results.len());
        for (k, output) in kernel.results.iter().enumerate() {
            out.push(match *output {
                Output::Reduced(r) => reduced[r].clone(),
                Output::Slot(slot) if kernel.is_splat(slot) => one(&self, slot),
                Output::Slot(slot) => match kernel.slot(slot) {
                    // A value returned twice stands in its first result's place, which was moved out already.
                    Named::Step(s) if kernel.places[s] != Place::Result(k) => {
                        let first = kernel.results.iter().position(|o| matches!(o, Output::Slot(s) if *s == slot));
                        first.and_then(|f| out.get(f)).cloned().ok_or_else(|| kernel.mismatch("a result without a place"))?
                    }
                    Named::Step(_) | Named::Source(_) => std::mem::take(&mut self.results[k]),
                },
            });
        }
        Ok(out)
    }
}

/// `len` elements from `start`.
fn part(elements: Slice<'_>, start: usize, len: usize) -> Slice<'_> {
    elements.get(start..start + len).expect("a tile inside the index space")
}

fn part_mut(block: &mut Block, start: usize, len: usize) -> SliceMut<'_> {
    with_type!(block.dtype(), T => T::wrap_mut(&mut block.as_mut_slice::<T>()[start..start + len]))
}

#[cfg(test)]
mod tests;
