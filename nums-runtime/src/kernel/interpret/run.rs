//! `Run`: one execution of a kernel, on whole blocks or on the rows of one tile of a panel after another.
//!
//! `begin` makes every buffer that the tiles need: homes of what steps write, buffers of gathered operands, reductions. A tile
//! then allocates nothing: operands are asked one by one, and native code takes them so. Reductions along the rows of a panel
//! go on from tile to tile; others are complete with their rows and drained tile by tile.

use super::frame::{CHUNK, Frame, Lane};
use super::gather::{Stream, broadcast};
use super::{Kernel, Named, Output, Reach, Reduce, Room, Slot};
use crate::block::Block;
use crate::element::{Element, Slice, SliceMut, with_type};
use crate::kernel::reduce::{Reduction, finish, reduced_shape, reduction};
use crate::kernel::view::{Operands, Read, View};
use crate::kernel::{KernelError, map};
use crate::native::Native;
use nums_ir::group::StepOp;

/// One execution of a kernel.
pub(in crate::kernel) struct Run<'k> {
    kernel: &'k Kernel,
    /// Elements of a tile.
    tile: usize,
    /// The most that is taken at a time: all, or a tile of a panel.
    space: Vec<usize>,
    /// By source: how its elements are read.
    streams: Vec<Stream>,
    /// By home.
    blocks: Vec<Block>,
    /// By reduction.
    reductions: Vec<Reducing>,
    /// Where the steps of a tile read and write: room that is used again.
    lanes: Vec<Lane>,
}

/// A reduction at work.
struct Reducing {
    /// None of one element: that is its own result.
    state: Option<Box<dyn Reduction>>,
    /// The index space of all that it will see.
    space: Vec<usize>,
    /// The results of a tile's rows; none of one that goes on from tile to tile, or ends with the execution.
    rows: Option<Block>,
}

impl<'k> Run<'k> {
    /// Makes all that tiles need. Of a panel, `rows` are those that will come in all, and `args` are those of a largest tile.
    pub(in crate::kernel) fn begin(kernel: &'k Kernel, args: &dyn Operands, rows: Option<usize>) -> Result<Run<'k>, KernelError> {
        let space = space(kernel, args)?;
        let tile = kernel.tile();
        let streams = kernel.sources.iter().map(|s| s.read(args, &space, tile)).collect::<Option<Vec<_>>>();
        let streams = streams.ok_or_else(|| kernel.mismatch("an operand is not of its kind"))?;
        let room = |room: &Room| match room.reach {
            Reach::One => Block::zeros(room.dtype, &[1]),
            Reach::Space => Block::stale(room.dtype, &space),
            Reach::Tile => Block::stale(room.dtype, &[tile]),
            Reach::Chunk => Block::stale(room.dtype, &[CHUNK]),
        };
        let blocks = kernel.homes.iter().map(room).collect();
        let mut all = space.clone();
        if let Some(rows) = rows {
            *all.first_mut().ok_or_else(|| kernel.mismatch("rows of a scalar"))? = rows;
        }
        let start = |r: &Reduce| {
            if kernel.is_splat(r.slot) {
                return Ok(Reducing { state: None, space: Vec::new(), rows: None });
            }
            if r.axes.iter().any(|&axis| axis >= space.len()) {
                return Err(kernel.mismatch(format!("axes {:?} of an index space of {space:?}", r.axes)));
            }
            let state = Some(reduction(r.op, kernel.dtype(r.slot), &all, &r.axes)?);
            let by_rows = rows.is_some() && !r.axes.contains(&0);
            let shape = || reduced_shape(&space, &r.axes, r.keepdims);
            Ok(Reducing { state, space: all.clone(), rows: by_rows.then(|| Block::stale(kernel.dtype(r.slot), &shape())) })
        };
        let reductions = kernel.reductions.iter().map(start).collect::<Result<_, _>>()?;
        let mut run = Run { kernel, tile, space, streams, blocks, reductions, lanes: Vec::new() };
        run.splats(args)?;
        Ok(run)
    }

    /// Takes the whole space.
    pub(super) fn all(&mut self, args: &dyn Operands) -> Result<(), KernelError> {
        self.elements(args, self.space.iter().product())
    }

    /// Takes the next rows of a panel, no more than `begin` saw.
    pub(in crate::kernel) fn rows(&mut self, args: &dyn Operands, rows: usize) -> Result<(), KernelError> {
        let width: usize = self.space.iter().skip(1).product();
        if self.space.first().is_none_or(|most| rows > *most) {
            return Err(self.kernel.mismatch(format!("{rows} rows of {:?}", self.space)));
        }
        self.elements(args, rows * width)?;
        for (reducing, reduce) in self.reductions.iter_mut().zip(&self.kernel.reductions) {
            if let (Some(state), Some(block)) = (&mut reducing.state, &mut reducing.rows) {
                let each: usize = block.shape().iter().skip(1).product();
                let len = rows * each;
                state.drain(part_mut(block, 0, len).ok_or_else(|| self.kernel.mismatch(reduce.op.name()))?)?;
            }
        }
        Ok(())
    }

    /// Result `k` of the last rows.
    pub(in crate::kernel) fn result(&self, k: usize, rows: usize) -> Option<View<'_>> {
        let block = match *self.kernel.results.get(k)? {
            Output::Slot(slot) if self.kernel.is_splat(slot) => return None,
            Output::Slot(slot) => &self.blocks[self.kernel.home(slot)?],
            Output::Reduced(r) => self.reductions[r].rows.as_ref()?,
        };
        View::rows(block, 0, rows)
    }

    /// The first `len` elements of the space, tile by tile.
    fn elements(&mut self, args: &dyn Operands, len: usize) -> Result<(), KernelError> {
        if !self.has_tiles() {
            return Ok(());
        }
        for start in (0..len).step_by(self.tile) {
            self.take(args, start, self.tile.min(len - start))?;
        }
        Ok(())
    }

    /// Whether anything has one element a position.
    fn has_tiles(&self) -> bool {
        let mapped = self.kernel.results.iter().any(|o| matches!(o, Output::Slot(slot) if !self.kernel.is_splat(*slot)));
        mapped || self.reductions.iter().any(|r| r.state.is_some())
    }

    /// Computes the steps that have one element for the whole space.
    fn splats(&mut self, args: &dyn Operands) -> Result<(), KernelError> {
        let kernel = self.kernel;
        for (step, home) in kernel.group.steps.iter().zip(&kernel.places) {
            if let (StepOp::Const(value), Some(home)) = (step.op, home) {
                with_type!(step.dtype, T => self.blocks[*home].as_mut_slice::<T>().fill(T::from_scalar(value)));
            }
        }
        self.frame(args, 0, 0)?.run(&kernel.once, 1).map_err(|fault| fault.of(&kernel.name))
    }

    /// One tile: `len` positions from `start`.
    fn take(&mut self, args: &dyn Operands, start: usize, len: usize) -> Result<(), KernelError> {
        for stream in &mut self.streams {
            if let Stream::Gathered(index, gather) = stream {
                let Some(Read::Elements(view)) = args.read(*index) else {
                    return Err(self.kernel.mismatch("an operand is not of its kind"));
                };
                gather.fill(view.elements(), start, len);
            }
        }
        match self.kernel.native {
            Some(native) => self.native_tile(args, native, start, len)?,
            None => self.interpreted_tile(args, start, len)?,
        }
        let kernel = self.kernel;
        let inside = || kernel.mismatch("a tile outside the index space");
        for &(source, home) in &kernel.copies {
            let from = self.streams[source].slice(args, start, len).ok_or_else(inside)?;
            map::cast(from, window_mut(&mut self.blocks[home], kernel.homes[home].reach, start, len).ok_or_else(inside)?)?;
        }
        for (reducing, reduce) in self.reductions.iter_mut().zip(&kernel.reductions) {
            let Some(state) = &mut reducing.state else { continue };
            let piece = match kernel.slot(reduce.slot) {
                Named::Source(s) => self.streams[s].slice(args, start, len),
                Named::Step(s) => {
                    kernel.places[s].and_then(|home| window(&self.blocks[home], kernel.homes[home].reach, start, len))
                }
            };
            state.feed(piece.ok_or_else(inside)?)?;
        }
        Ok(())
    }

    /// Where steps read and write the `len` positions from `start`.
    fn frame<'a>(&'a mut self, args: &'a dyn Operands, start: usize, len: usize) -> Result<Frame<'a>, KernelError> {
        let kernel = self.kernel;
        let outside = || kernel.mismatch("a tile outside the index space");
        let mut frame = Frame::new(&mut self.lanes);
        for (stream, source) in self.streams.iter().zip(&kernel.sources) {
            frame.source(stream.slice(args, start, len).ok_or_else(outside)?, source.splat);
        }
        for (block, room) in self.blocks.iter_mut().zip(&kernel.homes) {
            frame.home(window_mut(block, room.reach, start, len).ok_or_else(outside)?, room.reach);
        }
        Ok(frame)
    }

    fn interpreted_tile(&mut self, args: &dyn Operands, start: usize, len: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        self.frame(args, start, len)?.run(&kernel.each, len).map_err(|fault| fault.of(&kernel.name))
    }

    fn native_tile(&mut self, args: &dyn Operands, native: &Native, start: usize, len: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        let streams = &self.streams;
        let mut ins = streams.iter().take(kernel.group.inputs.len()).map_while(|s| s.slice(args, start, len));
        // Outputs are the first homes, in order.
        let homes = self.blocks.iter_mut().zip(&kernel.homes).take(kernel.group.outputs.len());
        let mut outs = homes.map_while(|(block, room)| window_mut(block, room.reach, start, len));
        if native.run(len, &mut ins, &mut outs) { Ok(()) } else { Err(kernel.mismatch("native code of another group")) }
    }

    /// The results that are not of single rows.
    pub(in crate::kernel) fn totals(self) -> Result<Vec<(usize, Block)>, KernelError> {
        let kernel = self.kernel;
        let mut out = Vec::new();
        for (r, reducing) in self.reductions.into_iter().enumerate() {
            let (Some(state), None) = (reducing.state, reducing.rows) else { continue };
            let block = total(kernel, &kernel.reductions[r], state, &reducing.space)?;
            let places = (0..kernel.results.len()).filter(|k| matches!(kernel.results[*k], Output::Reduced(of) if of == r));
            out.extend(places.map(|k| (k, block.clone())));
        }
        Ok(out)
    }

    /// All results, in order.
    pub(super) fn finish(mut self) -> Result<Vec<Block>, KernelError> {
        let kernel = self.kernel;
        let missing = || kernel.mismatch("a result without a place");
        let mut reduced: Vec<Option<Block>> = Vec::with_capacity(kernel.reductions.len());
        for (reducing, reduce) in std::mem::take(&mut self.reductions).into_iter().zip(&kernel.reductions) {
            reduced.push(Some(match reducing.state {
                Some(state) => total(kernel, reduce, state, &reducing.space)?,
                // One element, which its sum is not: 0 + -0.0 is 0.0.
                None => {
                    let (one, dtype) = (self.one(reduce.slot).ok_or_else(missing)?, kernel.dtype(reduce.slot));
                    let mut state = reduction(reduce.op, dtype, one.shape(), &[])?;
                    state.feed(one.slice())?;
                    finish(state, reduce.op, dtype, one.shape())?
                }
            }));
        }
        let mut out: Vec<Block> = Vec::with_capacity(kernel.results.len());
        for (k, output) in kernel.results.iter().enumerate() {
            // A value returned twice was moved out for its first result.
            let same = |o: &Output| match (o, output) {
                (Output::Slot(a), Output::Slot(b)) | (Output::Reduced(a), Output::Reduced(b)) => a == b,
                (Output::Slot(_), Output::Reduced(_)) | (Output::Reduced(_), Output::Slot(_)) => false,
            };
            let made = match (kernel.results[..k].iter().position(same), *output) {
                (Some(first), _) => out.get(first).cloned(),
                (None, Output::Reduced(r)) => reduced[r].take(),
                (None, Output::Slot(slot)) if kernel.is_splat(slot) => self.one(slot),
                (None, Output::Slot(slot)) => kernel.home(slot).map(|home| std::mem::take(&mut self.blocks[home])),
            };
            out.push(made.ok_or_else(missing)?);
        }
        Ok(out)
    }

    /// The element of a splat.
    fn one(&self, slot: Slot) -> Option<Block> {
        let block = match self.kernel.slot(slot) {
            Named::Source(s) => {
                let Stream::One(block) = &self.streams[s] else { return None };
                block
            }
            Named::Step(s) => &self.blocks[self.kernel.places[s]?],
        };
        View::of(block).only()
    }
}

/// The index space of operands.
fn space(kernel: &Kernel, args: &dyn Operands) -> Result<Vec<usize>, KernelError> {
    if args.count() != kernel.params.len() {
        return Err(kernel.mismatch(format!("{} operands, expected {}", args.count(), kernel.params.len())));
    }
    for (index, param) in kernel.params.iter().enumerate() {
        let read = args.read(index).ok_or_else(|| kernel.mismatch(format!("no operand {index}")))?;
        if let Read::Elements(b) = read
            && (b.dtype() != param.dtype || b.rank() != param.rank)
        {
            let shape: Vec<usize> = b.shape().collect();
            let expected = format!("expected {} of rank {}", param.dtype, param.rank);
            return Err(kernel.mismatch(format!("{}{shape:?}, {expected}", b.dtype())));
        }
    }
    let mut space = Vec::new();
    for source in kernel.sources.iter().filter(|s| !s.splat) {
        let shape = source.shape(args).ok_or_else(|| kernel.mismatch("a scalar, expected a block"))?;
        let fits = broadcast(&space, &shape);
        space = fits.ok_or_else(|| kernel.mismatch(format!("a block of {shape:?} in an index space of {space:?}")))?;
    }
    Ok(space)
}

fn total(kernel: &Kernel, reduce: &Reduce, state: Box<dyn Reduction>, space: &[usize]) -> Result<Block, KernelError> {
    finish(state, reduce.op, kernel.dtype(reduce.slot), &reduced_shape(space, &reduce.axes, reduce.keepdims))
}

/// What a home holds of a tile.
fn window(block: &Block, reach: Reach, start: usize, len: usize) -> Option<Slice<'_>> {
    match reach {
        Reach::One | Reach::Chunk => Some(block.slice()),
        Reach::Space => block.slice().get(start..start + len),
        Reach::Tile => block.slice().get(0..len),
    }
}

fn window_mut(block: &mut Block, reach: Reach, start: usize, len: usize) -> Option<SliceMut<'_>> {
    match reach {
        Reach::One | Reach::Chunk => Some(block.slice_mut()),
        Reach::Space => part_mut(block, start, len),
        Reach::Tile => part_mut(block, 0, len),
    }
}

fn part_mut(block: &mut Block, start: usize, len: usize) -> Option<SliceMut<'_>> {
    with_type!(block.dtype(), T => block.as_mut_slice::<T>().get_mut(start..start + len).map(T::wrap_mut))
}
