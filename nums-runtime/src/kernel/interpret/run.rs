//! `Run`: one execution of a kernel, on whole blocks or on the rows of one tile of a panel after another.
//!
//! `begin` makes every buffer that the tiles need: homes of what steps write, buffers of gathered operands, reductions. A tile
//! then allocates nothing: operands are asked one by one, and native code takes them so. Reductions along the rows of a panel
//! go on from tile to tile; others are complete with their rows and drained tile by tile. What the panel keeps of its rows is
//! written to its place among all of them, and read there by the steps behind, where rows are the first axis; along another one a
//! tile is a small block of its own, of another shape where it is the last.

use super::frame::{CHUNK, Frame, Lane};
use super::gather::{Stream, broadcast};
use super::{Kernel, Named, Output, Reach, Reduce, Room, Slot};
use crate::block::Block;
use crate::element::{Element, Slice, SliceMut, with_type};
use crate::kernel::over::{self, Over};
use crate::kernel::reduce::{Reduction, finish, reduced_shape, reduction};
use crate::kernel::view::{Operands, Read, Spare, View};
use crate::kernel::{KernelError, map, sliced};
use crate::native::Native;
use nums_ir::group::StepOp;

/// One execution of a kernel.
pub(in crate::kernel) struct Run<'k> {
    kernel: &'k Kernel,
    /// Elements of a tile.
    tile: usize,
    /// Where tiles end so that slices are read in place.
    slices: Option<sliced::Rows>,
    /// The most that is taken at a time: all, or a tile of a panel.
    space: Vec<usize>,
    /// The axis of the space that runs with the rows, how many a tile has at the most, and the first row of the tile.
    axis: usize,
    most: usize,
    first: usize,
    /// By source: how its elements are read.
    streams: Vec<Stream>,
    /// By home, and whether it has all rows: those of a tile go to their place among them.
    blocks: Vec<Block>,
    whole: Vec<bool>,
    /// By home: how much it holds.
    reaches: Vec<Reach>,
    /// Results that have no block of their own, but for a tile.
    over: Vec<Over>,
    /// By reduction.
    reductions: Vec<Reducing>,
    /// Where the steps of a tile read and write: room that is used again.
    lanes: Vec<Lane>,
}

/// A reduction at work.
struct Reducing {
    /// One for each element of the axes before the rows, if it goes on from tile to tile. None of one element: that is its own
    /// result.
    states: Vec<Box<dyn Reduction>>,
    /// Elements of a tile that a state takes.
    each: usize,
    /// The index space of all that it will see.
    space: Vec<usize>,
    /// The results of a tile's rows, or of all that are kept; none of one that goes on from tile to tile, or ends with the execution.
    rows: Option<Block>,
    whole: bool,
}

/// What a panel wants of a kernel: the rows that will come in all, along which axis of the index space, and by result whether they
/// are kept.
pub(in crate::kernel) struct Rows<'a> {
    pub(in crate::kernel) all: usize,
    pub(in crate::kernel) axis: usize,
    pub(in crate::kernel) kept: &'a [bool],
}

impl Reducing {
    /// For tiles of `space` out of `all`.
    fn begin(
        kernel: &Kernel,
        r: &Reduce,
        (space, all): (&[usize], &[usize]),
        rows: Option<&Rows<'_>>,
        whole: bool,
    ) -> Result<Reducing, KernelError> {
        if kernel.is_splat(r.slot) {
            return Ok(Reducing { states: Vec::new(), each: usize::MAX, space: Vec::new(), rows: None, whole });
        }
        if r.axes.iter().any(|&axis| axis >= space.len()) {
            return Err(kernel.mismatch(format!("axes {:?} of an index space of {space:?}", r.axes)));
        }
        let (dtype, axis) = (kernel.dtype(r.slot), rows.map_or(0, |rows| rows.axis));
        let by_rows = rows.is_some() && !r.axes.contains(&axis);
        let mut each = usize::MAX;
        let states = if by_rows {
            // Complete with its rows, of which a tile along another than the first axis has its own number.
            vec![reduction(r.op, dtype, if axis == 0 { all } else { space }, &r.axes)?]
        } else if axis == 0 {
            vec![reduction(r.op, dtype, all, &r.axes)?]
        } else {
            let (before, inner) = all.split_at(axis);
            let axes: Option<Vec<usize>> = r.axes.iter().map(|a| a.checked_sub(axis)).collect();
            let axes = axes.ok_or_else(|| kernel.mismatch("a sum over rows and axes before them"))?;
            each = space.iter().skip(axis).product();
            (0..before.iter().product()).map(|_| reduction(r.op, dtype, inner, &axes)).collect::<Result<_, _>>()?
        };
        let shape = || reduced_shape(if whole { all } else { space }, &r.axes, r.keepdims);
        let rows = by_rows.then(|| Block::stale(dtype, &shape()));
        Ok(Reducing { states, each, space: all.to_vec(), rows, whole })
    }

    /// Elements of a tile from position `at`.
    fn feed(&mut self, mut piece: Slice<'_>, mut at: usize) -> Result<(), KernelError> {
        let outside = || KernelError::mismatch("reduce", "a tile outside the index space");
        while piece.len() > 0 {
            let (which, begun) = (at / self.each, at % self.each);
            let n = piece.len().min(self.each - begun);
            let state = self.states.get_mut(which).ok_or_else(outside)?;
            state.feed(piece.get(0..n).ok_or_else(outside)?)?;
            (piece, at) = (piece.get(n..piece.len()).ok_or_else(outside)?, at + n);
        }
        Ok(())
    }

    /// Whether it is of one element that all positions share.
    fn is_one(&self) -> bool {
        self.space.is_empty()
    }
}

impl<'k> Run<'k> {
    /// Makes all that tiles need. Of a panel, `args` are those of a largest tile.
    pub(in crate::kernel) fn begin(
        kernel: &'k Kernel,
        args: &dyn Operands,
        rows: Option<Rows<'_>>,
    ) -> Result<Run<'k>, KernelError> {
        let space = space(kernel, args)?;
        let mut all = space.clone();
        let axis = rows.as_ref().map_or(0, |rows| rows.axis);
        if let Some(rows) = &rows {
            *all.get_mut(axis).ok_or_else(|| kernel.mismatch("rows of a scalar"))? = rows.all;
        }
        let kept = |k: usize| rows.as_ref().is_some_and(|rows| rows.kept.get(k) == Some(&true));
        let mut whole = vec![false; kernel.homes.len()];
        let mut whole_reductions = vec![false; kernel.reductions.len()];
        for (_, output) in kernel.results.iter().enumerate().filter(|(k, _)| kept(*k)) {
            match *output {
                Output::Slot(slot) => kernel.home(slot).into_iter().for_each(|home| whole[home] = true),
                Output::Reduced(r) => whole_reductions[r] = true,
            }
        }
        let tile = kernel.tile();
        let streams = kernel.sources.iter().map(|s| s.read(args, &space, tile)).collect::<Option<Vec<_>>>();
        let streams = streams.ok_or_else(|| kernel.mismatch("an operand is not of its kind"))?;
        let mut reaches: Vec<Reach> = kernel.homes.iter().map(|room| room.reach).collect();
        let over = if rows.is_none() { written_over(kernel, args, &streams, &space) } else { Vec::new() };
        over.iter().for_each(|over| reaches[over.result] = Reach::Tile);
        let room = |((room, reach), whole): ((&Room, &Reach), &bool)| match reach {
            Reach::One => Block::zeros(room.dtype, &[1]),
            Reach::Space => Block::stale(room.dtype, if *whole { &all } else { &space }),
            Reach::Tile => Block::stale(room.dtype, &[tile]),
            Reach::Chunk => Block::stale(room.dtype, &[CHUNK]),
        };
        let blocks = kernel.homes.iter().zip(&reaches).zip(&whole).map(room).collect();
        let start = |(r, whole): (&Reduce, bool)| Reducing::begin(kernel, r, (&space, &all), rows.as_ref(), whole);
        let reductions = kernel.reductions.iter().zip(whole_reductions).map(start).collect::<Result<_, _>>()?;
        let slices = (0..args.count()).filter_map(|k| if let Read::Sliced(s) = args.read(k)? { s.rows() } else { None });
        let slices = slices.reduce(sliced::Rows::with);
        let (lanes, most) = (Vec::new(), space.get(axis).copied().unwrap_or(0));
        let mut run =
            Run { kernel, tile, slices, axis, most, first: 0, space, streams, blocks, whole, reaches, over, reductions, lanes };
        run.splats(args)?;
        Ok(run)
    }

    /// Takes the whole space.
    pub(super) fn all(&mut self, args: &mut dyn Spare) -> Result<(), KernelError> {
        let all: usize = self.space.iter().product();
        if self.over.is_empty() {
            return self.elements(args, all);
        }
        let tile = self.tile.min(over::TILE);
        for start in (0..all).step_by(tile) {
            let len = tile.min(all - start);
            self.take(args, start, len)?;
            for over in &self.over {
                let tile = self.blocks[over.result].slice().get(0..len);
                let written = tile.and_then(|tile| over.write(start, tile, args));
                written.ok_or_else(|| self.kernel.mismatch("an operand that cannot be written over"))?;
            }
        }
        Ok(())
    }

    /// Takes the rows of a panel from row `first`, no more than `begin` saw.
    pub(in crate::kernel) fn rows(&mut self, args: &dyn Operands, first: usize, rows: usize) -> Result<(), KernelError> {
        self.first = first;
        if rows > self.most {
            return Err(self.kernel.mismatch(format!("{rows} rows of {}", self.most)));
        }
        if self.axis > 0 && self.space.get(self.axis) != Some(&rows) {
            self.reshape(args, rows)?;
        }
        if self.axis > 0 {
            // An operand that is repeated may run with the rows: its elements are others in every tile.
            self.streams.iter_mut().for_each(Stream::forget);
        }
        let others = self.space.iter().enumerate().filter(|(axis, _)| *axis != self.axis).map(|(_, n)| n);
        self.elements(args, rows * others.product::<usize>())?;
        for (reducing, reduce) in self.reductions.iter_mut().zip(&self.kernel.reductions) {
            if let (Some(state), Some(block)) = (reducing.states.first_mut(), &mut reducing.rows) {
                let (at, each) = match self.axis {
                    0 => {
                        let each: usize = block.shape().iter().skip(1).product();
                        (if reducing.whole { first * each } else { 0 }, rows * each)
                    }
                    _ => (0, reduced_shape(&self.space, &reduce.axes, false).iter().product()),
                };
                state.drain(part_mut(block, at, each).ok_or_else(|| self.kernel.mismatch(reduce.op.name()))?)?;
            }
        }
        Ok(())
    }

    /// Makes ready for tiles of another number of rows along another than the first axis.
    fn reshape(&mut self, args: &dyn Operands, rows: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        self.space[self.axis] = rows;
        let streams = kernel.sources.iter().map(|s| s.read(args, &self.space, self.tile)).collect::<Option<Vec<_>>>();
        self.streams = streams.ok_or_else(|| kernel.mismatch("an operand is not of its kind"))?;
        let inner = self.space.iter().skip(self.axis).product();
        for (reducing, reduce) in self.reductions.iter_mut().zip(&kernel.reductions).filter(|(r, _)| !r.is_one()) {
            match &reducing.rows {
                Some(_) => {
                    reducing.states = vec![reduction(reduce.op, kernel.dtype(reduce.slot), &self.space, &reduce.axes)?];
                }
                None => reducing.each = inner,
            }
        }
        Ok(())
    }

    /// Result `k` of the last rows.
    pub(in crate::kernel) fn result(&self, k: usize, rows: usize) -> Option<View<'_>> {
        let (block, whole, axis) = match *self.kernel.results.get(k)? {
            Output::Slot(slot) if self.kernel.is_splat(slot) => return None,
            Output::Slot(slot) => self.kernel.home(slot).map(|home| (&self.blocks[home], self.whole[home], self.axis))?,
            Output::Reduced(r) => {
                let reduce = &self.kernel.reductions[r];
                let before = reduce.axes.iter().filter(|axis| **axis < self.axis && !reduce.keepdims).count();
                (self.reductions[r].rows.as_ref()?, self.reductions[r].whole, self.axis - before)
            }
        };
        match self.axis {
            0 => View::rows(block, if whole { self.first } else { 0 }, rows),
            _ => View::resized(block, axis, rows),
        }
    }

    /// Elements of the homes that have all rows before those of this tile.
    fn before(&self) -> usize {
        self.first * self.space.iter().skip(1).product::<usize>()
    }

    /// The first `len` elements of the space, tile by tile.
    fn elements(&mut self, args: &dyn Operands, len: usize) -> Result<(), KernelError> {
        if !self.has_tiles() {
            return Ok(());
        }
        let mut start = 0;
        while start < len {
            let most = self.tile.min(len - start);
            let n = self.slices.map_or(most, |rows| most.min(rows.until(start)));
            self.take(args, start, n)?;
            start += n;
        }
        Ok(())
    }

    /// Whether anything has one element a position.
    fn has_tiles(&self) -> bool {
        let mapped = self.kernel.results.iter().any(|o| matches!(o, Output::Slot(slot) if !self.kernel.is_splat(*slot)));
        mapped || self.reductions.iter().any(|r| !r.is_one())
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
            let found = match stream {
                Stream::One(_) | Stream::Whole(_) => Some(()),
                Stream::Gathered(index, gather) => match args.read(*index) {
                    Some(Read::Elements(view)) => {
                        gather.fill(view.elements(), start, len);
                        Some(())
                    }
                    Some(Read::Sliced(_) | Read::Scalar(_)) | None => None,
                },
                Stream::Sliced(index, window) => match args.read(*index) {
                    Some(Read::Sliced(sliced)) => window.find(sliced, start, len),
                    Some(Read::Elements(_) | Read::Scalar(_)) | None => None,
                },
            };
            found.ok_or_else(|| self.kernel.mismatch("an operand is not of its kind"))?;
        }
        match self.kernel.native {
            Some(native) => self.native_tile(args, native, start, len)?,
            None => self.interpreted_tile(args, start, len)?,
        }
        let (kernel, before) = (self.kernel, self.before());
        let inside = || kernel.mismatch("a tile outside the index space");
        let at = |whole: bool| if whole { before + start } else { start };
        for &(source, home) in &kernel.copies {
            let (from, at) = (self.streams[source].slice(args, start, len).ok_or_else(inside)?, at(self.whole[home]));
            map::cast(from, window_mut(&mut self.blocks[home], self.reaches[home], at, len).ok_or_else(inside)?)?;
        }
        for (reducing, reduce) in self.reductions.iter_mut().zip(&kernel.reductions) {
            if reducing.is_one() {
                continue;
            }
            let piece = match kernel.slot(reduce.slot) {
                Named::Source(s) => self.streams[s].slice(args, start, len),
                Named::Step(s) => {
                    kernel.places[s].and_then(|home| window(&self.blocks[home], self.reaches[home], at(self.whole[home]), len))
                }
            };
            reducing.feed(piece.ok_or_else(inside)?, start)?;
        }
        Ok(())
    }

    /// Where steps read and write the `len` positions from `start`.
    fn frame<'a>(&'a mut self, args: &'a dyn Operands, start: usize, len: usize) -> Result<Frame<'a>, KernelError> {
        let (kernel, before) = (self.kernel, self.before());
        let outside = || kernel.mismatch("a tile outside the index space");
        let mut frame = Frame::new(&mut self.lanes);
        for (stream, source) in self.streams.iter().zip(&kernel.sources) {
            frame.source(stream.slice(args, start, len).ok_or_else(outside)?, source.splat);
        }
        for ((block, reach), whole) in self.blocks.iter_mut().zip(&self.reaches).zip(&self.whole) {
            let at = if *whole { before + start } else { start };
            frame.home(window_mut(block, *reach, at, len).ok_or_else(outside)?, *reach);
        }
        Ok(frame)
    }

    fn interpreted_tile(&mut self, args: &dyn Operands, start: usize, len: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        self.frame(args, start, len)?.run(&kernel.each, len).map_err(|fault| fault.of(&kernel.name))
    }

    fn native_tile(&mut self, args: &dyn Operands, native: &Native, start: usize, len: usize) -> Result<(), KernelError> {
        let (kernel, before) = (self.kernel, self.before());
        let streams = &self.streams;
        let mut ins = streams.iter().take(kernel.group.inputs.len()).map_while(|s| s.slice(args, start, len));
        // Outputs are the first homes, in order.
        let homes = self.blocks.iter_mut().zip(&self.reaches).zip(&self.whole).take(kernel.group.outputs.len());
        let mut outs = homes
            .map_while(|((block, reach), whole)| window_mut(block, *reach, if *whole { before + start } else { start }, len));
        native.run(len, &mut ins, &mut outs).map_err(|fault| fault.of(&kernel.name))
    }

    /// The results that a panel keeps: those over all rows, and those that were asked for row by row.
    pub(in crate::kernel) fn kept(mut self) -> Result<Vec<(usize, Block)>, KernelError> {
        let kernel = self.kernel;
        let mut reductions: Vec<Option<Reducing>> = std::mem::take(&mut self.reductions).into_iter().map(Some).collect();
        let mut out: Vec<(usize, Block)> = Vec::new();
        for (k, output) in kernel.results.iter().enumerate() {
            // A value returned twice was moved out for its first result.
            let first = kernel.results[..k].iter().position(|o| o == output);
            let made = match (first, *output) {
                (Some(first), _) => out.iter().find(|(of, _)| *of == first).map(|(_, block)| block.clone()),
                (None, Output::Slot(slot)) => {
                    let home = kernel.home(slot).filter(|home| self.whole[*home]);
                    home.map(|home| std::mem::take(&mut self.blocks[home]))
                }
                (None, Output::Reduced(r)) => match reductions[r].take() {
                    Some(Reducing { rows: Some(rows), whole, .. }) => whole.then_some(rows),
                    Some(reducing) if reducing.is_one() => None,
                    Some(reducing) => Some(total(kernel, &kernel.reductions[r], reducing)?),
                    None => None,
                },
            };
            out.extend(made.map(|block| (k, block)));
        }
        Ok(out)
    }

    /// All results, in order.
    pub(super) fn finish(mut self, args: &mut dyn Spare) -> Result<Vec<Block>, KernelError> {
        let kernel = self.kernel;
        let missing = || kernel.mismatch("a result without a place");
        let mut reduced: Vec<Option<Block>> = Vec::with_capacity(kernel.reductions.len());
        for (reducing, reduce) in std::mem::take(&mut self.reductions).into_iter().zip(&kernel.reductions) {
            reduced.push(Some(match reducing.is_one() {
                false => total(kernel, reduce, reducing)?,
                // One element, which its sum is not: 0 + -0.0 is 0.0.
                true => {
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
            let made = match (kernel.results[..k].iter().position(|o| o == output), *output) {
                (Some(first), _) => out.get(first).cloned(),
                (None, Output::Reduced(r)) => reduced[r].take(),
                (None, Output::Slot(slot)) if kernel.is_splat(slot) => self.one(slot),
                (None, Output::Slot(slot)) => {
                    kernel.home(slot).and_then(|home| match self.over.iter().find(|over| over.result == home) {
                        Some(over) => over.finish(kernel.homes[home].dtype, &self.space, args),
                        None => Some(std::mem::take(&mut self.blocks[home])),
                    })
                }
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

/// The results that are written over operands, by home.
fn written_over(kernel: &Kernel, args: &dyn Operands, streams: &[Stream], space: &[usize]) -> Vec<Over> {
    let elements = space.iter().product();
    let is_local = |operand: usize| !streams.iter().any(|s| matches!(s, Stream::Gathered(of, _) if *of == operand));
    let mut over = Vec::new();
    for (home, room) in kernel.homes.iter().enumerate().filter(|(_, room)| room.reach == Reach::Space) {
        over.extend(Over::find(home, (room.dtype, elements), args, &over, is_local));
    }
    over
}

/// The index space of operands.
fn space(kernel: &Kernel, args: &dyn Operands) -> Result<Vec<usize>, KernelError> {
    if args.count() != kernel.params.len() {
        return Err(kernel.mismatch(format!("{} operands, expected {}", args.count(), kernel.params.len())));
    }
    for (index, param) in kernel.params.iter().enumerate() {
        let read = args.read(index).ok_or_else(|| kernel.mismatch(format!("no operand {index}")))?;
        let (dtype, shape): (_, Vec<usize>) = match read {
            Read::Elements(b) => (b.dtype(), b.shape().collect()),
            Read::Sliced(s) => (s.dtype(), s.shape().to_vec()),
            Read::Scalar(_) => continue,
        };
        if dtype != param.dtype || shape.len() != param.rank {
            let expected = format!("expected {} of rank {}", param.dtype, param.rank);
            return Err(kernel.mismatch(format!("{dtype}{shape:?}, {expected}")));
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

/// A reduction of which all elements are in.
fn total(kernel: &Kernel, reduce: &Reduce, mut reducing: Reducing) -> Result<Block, KernelError> {
    let (dtype, shape) = (kernel.dtype(reduce.slot), reduced_shape(&reducing.space, &reduce.axes, reduce.keepdims));
    if reducing.states.len() == 1
        && let Some(state) = reducing.states.pop()
    {
        return finish(state, reduce.op, dtype, &shape);
    }
    let mut block = Block::stale(dtype, &shape);
    let each = block.len() / reducing.states.len().max(1);
    for (i, state) in reducing.states.iter_mut().enumerate() {
        state.drain(part_mut(&mut block, i * each, each).ok_or_else(|| kernel.mismatch(reduce.op.name()))?)?;
    }
    Ok(block)
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
