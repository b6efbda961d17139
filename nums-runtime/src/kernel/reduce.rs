//! Reductions inside a block, in an order that the block's shape alone fixes.
//!
//! The axes of a block, neighbours of a kind merged, alternate between kept and reduced. Elements arrive in C order, in
//! pieces of any length, and pass a chain of stages, innermost first: `Runs` reduces runs of neighbours to one element each,
//! `Rows` reduces rows of neighbours element by element. Both take fixed panels in order and join panels in the fixed tree
//! of a binary counter, so that pieces, instructions and fusion change no bit, and rounding errors grow with the logarithm
//! of the length. The first panel starts from its elements; NumPy's leading 0 or 1 is joined to the result, so that a sum of
//! -0.0 is 0.0.

mod moments;
#[cfg(test)]
mod tests;

pub(super) use moments::join as join_moments;

use super::KernelError;
use super::op::{self, Apply};
use crate::block::Block;
use crate::element::{Element, Slice, SliceMut, c64, c128};
use crate::native::{Loop, vectorised};
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::ops::{Identity, ReduceOp};
use std::marker::PhantomData;

/// Elements of a panel of `Runs`.
pub(super) const PANEL: usize = 128;
/// Partial results kept side by side in a panel.
pub(super) const LANES: usize = 8;
/// Rows of a panel of `Rows`.
pub(super) const ROWS: usize = 16;
/// Columns that stay in registers while the rows of a panel are taken.
pub(super) const COLUMNS: usize = 16;

/// A reduction that takes its elements in pieces.
pub(super) trait Reduction {
    /// The next elements in C order.
    fn feed(&mut self, piece: Slice<'_>) -> Result<(), KernelError>;
    /// Moves the results that are complete to where they go, which has room for just these.
    fn drain(&mut self, out: SliceMut<'_>) -> Result<(), KernelError>;
}

/// The result of a reduction of `dtype` once all elements are in, under its shape, moments under three of it.
pub(super) fn finish(mut state: Box<dyn Reduction>, op: ReduceOp, dtype: DType, shape: &[usize]) -> Result<Block, KernelError> {
    let three = (op == ReduceOp::Moments).then_some(3);
    let shape: Vec<usize> = three.into_iter().chain(shape.iter().copied()).collect();
    let mut block = Block::stale(dtype, &shape);
    state.drain(block.slice_mut())?;
    Ok(block)
}

/// The reduction `op` of a block of `shape` and `dtype` over `axes`.
pub(super) fn reduction(op: ReduceOp, dtype: DType, shape: &[usize], axes: &[usize]) -> Result<Box<dyn Reduction>, KernelError> {
    macro_rules! chain {
        ($Row:ident: $($t:ident)*) => { chain!($Row of Own: $($t)*) };
        ($Row:ident of $Each:path: $($t:ident)*) => {
            match dtype {
                $(<$t as Element>::DTYPE => Ok(Box::new(Chain::<op::$Row, $Each, $t>::new(op, shape, axes)) as Box<dyn Reduction>),)*
                #[allow(unreachable_patterns)]
                other => Err(KernelError::mismatch(op.name(), format!("no `{}` of {other}", op.name()))),
            }
        };
    }
    match op {
        ReduceOp::Sum => chain!(Add: i64 u64 f32 f64 c64 c128),
        ReduceOp::SquareSum => chain!(Add of op::Square: f32 f64),
        ReduceOp::Prod => chain!(Multiply: i64 u64 f32 f64 c64 c128),
        ReduceOp::Max => chain!(Maximum: bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 c64 c128),
        ReduceOp::Min => chain!(Minimum: bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 c64 c128),
        ReduceOp::NanMax => chain!(Fmax: bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 c64 c128),
        ReduceOp::NanMin => chain!(Fmin: bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 c64 c128),
        ReduceOp::Any => chain!(LogicalOr: bool),
        ReduceOp::All => chain!(LogicalAnd: bool),
        ReduceOp::Moments => match dtype {
            DType::F32 => Ok(Box::new(moments::Moments::<f32>::new(shape, axes)?)),
            DType::F64 => Ok(Box::new(moments::Moments::<f64>::new(shape, axes)?)),
            other => Err(KernelError::mismatch("moments", format!("no `moments` of {other}"))),
        },
        ReduceOp::Spread => match dtype {
            DType::F32 => Ok(Box::new(moments::Squares::<f32>::new(shape, axes)?)),
            DType::F64 => Ok(Box::new(moments::Squares::<f64>::new(shape, axes)?)),
            other => Err(KernelError::mismatch("spread", format!("no `spread` of {other}"))),
        },
        ReduceOp::Mean => {
            Err(KernelError::Unsupported("`mean` of a block: it is a sum and a division before it gets here".into()))
        }
    }
}

/// The shape of a reduction's result.
pub(super) fn reduced_shape(shape: &[usize], axes: &[usize], keepdims: bool) -> Vec<usize> {
    let kept = |(axis, &n): (usize, &usize)| match (axes.contains(&axis), keepdims) {
        (false, _) => Some(n),
        (true, true) => Some(1),
        (true, false) => None,
    };
    shape.iter().enumerate().filter_map(kept).collect()
}

pub(super) trait Join<T>: Apply<(T, T), Out = T> {}
impl<O: Apply<(T, T), Out = T>, T> Join<T> for O {}

#[inline(always)]
fn join<O: Join<T>, T>(a: T, b: T) -> T {
    O::apply((a, b))
}

/// What a reduction takes of an element: `Own`, the element itself, or what a row of the operator table makes of it.
pub(super) trait Each<T>: Apply<(T,), Out = T> {}
impl<E: Apply<(T,), Out = T>, T> Each<T> for E {}

/// The element itself.
pub(super) struct Own;

impl<T> Apply<(T,)> for Own {
    type Out = T;

    #[inline(always)]
    fn apply((x,): (T,)) -> T {
        x
    }
}

/// The stages of a reduction of `E` of the elements, innermost first.
struct Chain<O, E, T> {
    op: ReduceOp,
    each: PhantomData<E>,
    runs: Option<Runs<O, T>>,
    rows: Vec<Rows<O, T>>,
    /// What one stage hands to the next, and the other way round.
    buffers: [Vec<T>; 2],
    out: Vec<T>,
}

impl<O: Join<T>, E: Each<T>, T: Element> Chain<O, E, T> {
    fn new(op: ReduceOp, shape: &[usize], axes: &[usize]) -> Chain<O, E, T> {
        // Merged axes as (reduced, size), outermost first; an axis of size 1 is of either kind.
        let mut groups: Vec<(bool, usize)> = Vec::new();
        for (axis, &n) in shape.iter().enumerate().filter(|(_, n)| **n != 1) {
            let reduced = axes.contains(&axis);
            match groups.last_mut() {
                Some((kind, size)) if *kind == reduced => *size *= n,
                _ => groups.push((reduced, n)),
            }
        }
        let (mut runs, mut rows, mut width) = (None, Vec::new(), 1);
        for (k, &(reduced, n)) in groups.iter().rev().enumerate() {
            match (reduced, k) {
                (false, _) => width *= n,
                (true, 0) => runs = Some(Runs::new(n)),
                (true, _) => rows.push(Rows::new(n, width)),
            }
        }
        Chain { op, each: PhantomData, runs, rows, buffers: [Vec::new(), Vec::new()], out: Vec::new() }
    }
}

impl<O: Join<T>, E: Each<T>, T: Element> Reduction for Chain<O, E, T> {
    fn feed(&mut self, piece: Slice<'_>) -> Result<(), KernelError> {
        let Some(mut piece) = T::slice(piece) else {
            return Err(KernelError::mismatch(self.op.name(), format!("{} into {}", piece.dtype(), T::DTYPE)));
        };
        let [a, b] = &mut self.buffers;
        let (mut from, mut to) = (a, b);
        let mut rows = self.rows.iter_mut();
        to.clear();
        match (&mut self.runs, rows.as_slice().is_empty()) {
            (Some(runs), _) => runs.feed::<E>(piece, to),
            (None, false) => rows.by_ref().take(1).for_each(|rows| rows.feed::<E>(piece, to)),
            (None, true) => to.extend(piece.iter().map(|x| E::apply((*x,)))),
        }
        std::mem::swap(&mut from, &mut to);
        piece = from;
        for rows in rows {
            to.clear();
            rows.feed::<Own>(piece, to);
            std::mem::swap(&mut from, &mut to);
            piece = from;
        }
        self.out.extend_from_slice(piece);
        Ok(())
    }

    fn drain(&mut self, out: SliceMut<'_>) -> Result<(), KernelError> {
        let n = out.len();
        let Some(out) = T::slice_mut(out) else { return Err(KernelError::mismatch(self.op.name(), "a result of another dtype")) };
        let identity = match self.op.identity() {
            Identity::Zero | Identity::False => Some(T::from_scalar(Scalar::Int(0))),
            Identity::One | Identity::True => Some(T::from_scalar(Scalar::Int(1))),
            Identity::Nan | Identity::None => None,
        };
        if self.out.len() == n {
            for (out, &x) in out.iter_mut().zip(&self.out) {
                *out = identity.map_or(x, |identity| join::<O, T>(identity, x));
            }
            self.out.clear();
            return Ok(());
        }
        if !self.out.is_empty() {
            return Err(KernelError::mismatch(self.op.name(), format!("{} results for {n}", self.out.len())));
        }
        out.fill(identity.ok_or(KernelError::EmptyReduction(self.op))?);
        Ok(())
    }
}

/// Partial results of equal ranges, joined as soon as two neighbours of one level are there: the tree of pairwise summation.
pub(super) struct Counter<O, P> {
    levels: Vec<Option<P>>,
    op: PhantomData<O>,
}

impl<O, P> Counter<O, P> {
    pub(super) fn new() -> Counter<O, P> {
        // Levels of a block: asking for more while it grows would take the allocator's lock again and again.
        Counter { levels: Vec::with_capacity(16), op: PhantomData }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, mut part: P, mut join: impl FnMut(P, P) -> P) {
        for level in &mut self.levels {
            match level.take() {
                Some(before) => part = join(before, part),
                None => {
                    *level = Some(part);
                    return;
                }
            }
        }
        self.levels.push(Some(part));
    }

    /// What was pushed, joined, and an empty counter.
    #[inline(always)]
    pub(super) fn take(&mut self, mut join: impl FnMut(P, P) -> P) -> Option<P> {
        let mut sum = None;
        for level in &mut self.levels {
            sum = match (level.take(), sum) {
                (Some(before), Some(after)) => Some(join(before, after)),
                (before, after) => before.or(after),
            };
        }
        sum
    }
}

/// Reduces runs of `len` neighbours to one element each.
struct Runs<O, T> {
    len: usize,
    /// Elements of the current run that are in.
    pos: usize,
    lanes: [T; LANES],
    counter: Counter<O, T>,
}

impl<O: Join<T>, T: Element> Runs<O, T> {
    fn new(len: usize) -> Runs<O, T> {
        Runs { len, pos: 0, lanes: [T::default(); LANES], counter: Counter::new() }
    }

    fn feed<E: Each<T>>(&mut self, piece: &[T], out: &mut Vec<T>) {
        vectorised(FeedRuns { runs: self, piece, out, each: PhantomData::<E> });
    }

    #[inline(always)]
    fn take<E: Each<T>>(&mut self, mut piece: &[T], out: &mut Vec<T>) {
        while !piece.is_empty() {
            let n = piece.len().min(self.len - self.pos);
            let (run, rest) = piece.split_at(n);
            piece = rest;
            if n == self.len && n <= PANEL {
                // Nothing to join.
                out.push(whole_panel::<O, E, T>(run));
                continue;
            }
            self.take_run::<E>(run);
            if self.pos == self.len {
                self.pos = 0;
                out.extend(self.counter.take(join::<O, T>));
            }
        }
    }

    /// Elements of the current run, up to its end.
    #[inline(always)]
    fn take_run<E: Each<T>>(&mut self, mut run: &[T]) {
        while !run.is_empty() {
            let start = self.pos % PANEL;
            let size = PANEL.min(self.len - (self.pos - start));
            let n = run.len().min(size - start);
            let (part, rest) = run.split_at(n);
            if n == size {
                self.counter.push(whole_panel::<O, E, T>(part), join::<O, T>);
            } else {
                self.take_part::<E>(part, start);
                if start + n == size {
                    self.counter.push(join_lanes::<O, T>(self.lanes, size), join::<O, T>);
                }
            }
            (run, self.pos) = (rest, self.pos + n);
        }
    }

    /// Elements of a panel from its position `at`.
    #[inline(always)]
    fn take_part<E: Each<T>>(&mut self, part: &[T], at: usize) {
        for (i, &x) in (at..).zip(part) {
            let (x, lane) = (E::apply((x,)), &mut self.lanes[i % LANES]);
            *lane = if i < LANES { x } else { join::<O, T>(*lane, x) };
        }
    }
}

struct FeedRuns<'a, O, E, T> {
    runs: &'a mut Runs<O, T>,
    piece: &'a [T],
    out: &'a mut Vec<T>,
    each: PhantomData<E>,
}

impl<O: Join<T>, E: Each<T>, T: Element> Loop for FeedRuns<'_, O, E, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.runs.take::<E>(self.piece, self.out);
    }
}

/// A panel of which all elements are at hand: the same lanes as `take_part` fills.
#[inline(always)]
fn whole_panel<O: Join<T>, E: Each<T>, T: Element>(panel: &[T]) -> T {
    let each = |x: T| E::apply((x,));
    let (chunks, rest) = panel.as_chunks::<LANES>();
    let Some((&first, chunks)) = chunks.split_first() else {
        let mut lanes = [T::default(); LANES];
        lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane = each(*x));
        return join_lanes::<O, T>(lanes, rest.len());
    };
    // A value of its own, of which no element is reached by an index that is not known: it stays in registers.
    let mut sums = first.map(each);
    for chunk in chunks {
        sums = std::array::from_fn(|i| join::<O, T>(sums[i], each(chunk[i])));
    }
    let mut lanes = sums;
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = join::<O, T>(*lane, each(x));
    }
    join_lanes::<O, T>(lanes, LANES)
}

/// The lanes of a panel of `size` elements as one: halves folded onto each other, missing lanes left out.
#[inline(always)]
pub(super) fn join_lanes<O: Join<T>, T: Element>(mut lanes: [T; LANES], size: usize) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            if i + width < size {
                lanes[i] = join::<O, T>(lanes[i], lanes[i + width]);
            }
        }
        width /= 2;
    }
    lanes[0]
}

/// Reduces `count` rows of `width` neighbours to one row.
struct Rows<O, T> {
    count: usize,
    width: usize,
    /// Elements of the current rows that are in.
    pos: usize,
    panel: Vec<T>,
    counter: Counter<O, Vec<T>>,
    spare: Vec<Vec<T>>,
}

impl<O: Join<T>, T: Element> Rows<O, T> {
    fn new(count: usize, width: usize) -> Rows<O, T> {
        Rows { count, width, pos: 0, panel: vec![T::default(); width], counter: Counter::new(), spare: Vec::new() }
    }

    fn feed<E: Each<T>>(&mut self, mut piece: &[T], out: &mut Vec<T>) {
        while !piece.is_empty() {
            let (row, col) = (self.pos / self.width, self.pos % self.width);
            let in_panel = row % ROWS;
            // Whole rows of this panel, or a part of one row.
            let rows = (piece.len() / self.width).min(ROWS - in_panel).min(self.count - row);
            let n = if col == 0 && rows > 0 { rows * self.width } else { piece.len().min(self.width - col) };
            let (part, rest) = piece.split_at(n);
            let panel = if n >= self.width { &mut self.panel[..] } else { &mut self.panel[col..col + n] };
            vectorised(AddRows { panel, rows: part, first: in_panel == 0, op: PhantomData::<(O, E)> });
            (piece, self.pos) = (rest, self.pos + n);
            self.close(out);
        }
    }

    /// Ends the panel, and the reduction, where they end.
    fn close(&mut self, out: &mut Vec<T>) {
        if !self.pos.is_multiple_of(self.width) {
            return;
        }
        let row = self.pos / self.width;
        if row.is_multiple_of(ROWS) || row == self.count {
            let part = again(&mut self.spare, &self.panel);
            self.counter.push(part, |a, b| join_rows::<O, T>(a, b, &mut self.spare));
        }
        if row == self.count {
            self.pos = 0;
            if let Some(row) = self.counter.take(|a, b| join_rows::<O, T>(a, b, &mut self.spare)) {
                out.extend_from_slice(&row);
                self.spare.push(row);
            }
        }
    }
}

/// A copy of a row in room that was given back.
pub(super) fn again<T: Copy>(spare: &mut Vec<Vec<T>>, row: &[T]) -> Vec<T> {
    let mut copy = spare.pop().unwrap_or_default();
    copy.clear();
    copy.extend_from_slice(row);
    copy
}

/// Two rows joined; the room of the second is given back.
pub(super) fn join_rows<O: Join<T>, T: Element>(mut a: Vec<T>, b: Vec<T>, spare: &mut Vec<Vec<T>>) -> Vec<T> {
    for (a, &b) in a.iter_mut().zip(&b) {
        *a = join::<O, T>(*a, b);
    }
    spare.push(b);
    a
}

/// Joins `E` of rows as wide as the panel to it, in order.
struct AddRows<'a, O, E, T> {
    panel: &'a mut [T],
    rows: &'a [T],
    first: bool,
    op: PhantomData<(O, E)>,
}

impl<O: Join<T>, E: Each<T>, T: Element> Loop for AddRows<'_, O, E, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (width, each) = (self.panel.len(), |x: T| E::apply((x,)));
        let rows = if self.first {
            let (first, rest) = self.rows.split_at(width);
            self.panel.iter_mut().zip(first).for_each(|(to, x)| *to = each(*x));
            rest
        } else {
            self.rows
        };
        let mut columns = self.panel.chunks_exact_mut(COLUMNS);
        let mut col = 0;
        for columns in &mut columns {
            let mut sums = [T::default(); COLUMNS];
            sums.copy_from_slice(columns);
            for row in rows.chunks_exact(width) {
                for (sum, &x) in sums.iter_mut().zip(&row[col..col + COLUMNS]) {
                    *sum = join::<O, T>(*sum, each(x));
                }
            }
            columns.copy_from_slice(&sums);
            col += COLUMNS;
        }
        for (col, sum) in (col..).zip(columns.into_remainder()) {
            for row in rows.chunks_exact(width) {
                *sum = join::<O, T>(*sum, each(row[col]));
            }
        }
    }
}

/// A whole block reduced: what the fused form must equal.
#[cfg(test)]
pub(super) fn reduce(op: ReduceOp, src: &Block, axes: &[usize]) -> Result<Block, KernelError> {
    let mut reduction = reduction(op, src.dtype(), src.shape(), axes)?;
    reduction.feed(src.slice())?;
    finish(reduction, op, src.dtype(), &reduced_shape(src.shape(), axes, false))
}
