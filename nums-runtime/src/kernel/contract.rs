//! Contractions of windows of blocks, pair by pair, on strided views: nothing is transposed or reshaped in memory.
//!
//! The indices of a pair are of four kinds: shared and kept (a stack), only left, only right, shared and summed. Neighbours of
//! a kind that lie behind each other in all arrays are one axis. The innermost axis of the result says which loop takes the
//! pair: matrices (`gemm` by strides, one for every position of the axes that are left over), or rows of a stack, element by
//! element. Intermediate results of a chain exist for a part of the result at a time, which stays in the second-level cache.
//! The order of every sum depends on shapes and windows alone.

use super::gemm::{Into, Matrix, Packed, Real, gemm_into};
use super::matmul::{Form, Product, Side};
use super::op::{self, Apply};
use super::{KernelError, room, stale_room};
use crate::block::Block;
use crate::element::{c64, c128, with_type};
use crate::native::{Loop, isa, vectorised};
use nums_ir::contraction::{Contraction, Index, Step};
use nums_ir::graph::{ContractTask, Window};
use nums_ir::tiling::next;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Bytes of the largest intermediate result of a part.
const PART_BYTES: usize = 256 << 10;
/// Terms that are summed before they are added to the result.
const PANEL: usize = 64;
/// Columns that stay in registers while the terms of a panel are taken.
const COLUMNS: usize = 16;

/// How a contraction is cut inside a task, in words.
pub(super) fn tiles() -> String {
    let matrices = super::gemm::tiles();
    format!(
        "matrices in {matrices}, else panels of {PANEL} terms by {COLUMNS} columns; intermediate results of {PART_BYTES} bytes"
    )
}

pub(super) fn contract(task: &ContractTask, args: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: String| KernelError::mismatch("contract", why);
    task.spec.check().map_err(|why| wrong(format!("\"{}\": {why}", task.spec)))?;
    let steps = task.spec.steps(&task.order).ok_or_else(|| wrong(format!("the order {:?}", task.order)))?;
    if args.len() != task.spec.operands.len() || task.windows.len() != args.len() {
        return Err(wrong(format!("{} operands and {} windows of \"{}\"", args.len(), task.windows.len(), task.spec)));
    }
    let inside = |b: &Block, w: &Window| {
        let ranks = b.shape().len() == w.start.len() && b.shape().len() == w.shape.len();
        let fits = |((n, start), len): ((&usize, &usize), &usize)| start.checked_add(*len).is_some_and(|end| end <= *n);
        ranks && b.shape().iter().zip(&w.start).zip(&w.shape).all(fits)
    };
    if let Some((b, w)) = args.iter().zip(&task.windows).find(|(b, w)| b.dtype() != args[0].dtype() || !inside(b, w)) {
        return Err(wrong(format!("the window {:?} of {:?} of {}{:?}", w.shape, w.start, b.dtype(), b.shape())));
    }
    let shapes: Vec<&[usize]> = task.windows.iter().map(|w| &w.shape[..]).collect();
    let sizes = task.spec.sizes(&shapes).ok_or_else(|| wrong(format!("shapes {shapes:?} for \"{}\"", task.spec)))?;
    let shape: Vec<usize> = task.spec.result.iter().map(|i| sizes[i]).collect();
    if sizes.values().any(|n| *n == 0) {
        return room("contract", args[0].dtype(), &shape);
    }
    let mut out = stale_room("contract", args[0].dtype(), &shape)?;
    let views: Vec<View> =
        args.iter().zip(&task.windows).zip(&task.spec.operands).map(|((b, w), set)| View::of(b.shape(), w, set)).collect();
    with_type!(args[0].dtype(), T => {
        let data: Vec<&[T]> = args.iter().map(|b| b.as_slice::<T>()).collect();
        let chain = Chain { steps: &steps, sizes: &sizes, whole: &sizes, result: &task.spec.result };
        chain.run(&data, &views, out.as_mut_slice::<T>(), &mut Scratch::new(steps.len()))?;
    });
    Ok(out)
}

/// A contraction whose rows come tile by tile: some positions of the first index of its result at a time.
pub(super) struct RowContraction<T: Contract> {
    spec: Contraction,
    /// Of the blocks.
    sizes: BTreeMap<Index, usize>,
    steps: Vec<Step>,
    scratch: Scratch<T>,
}

impl<T: Contract> RowContraction<T> {
    /// Of blocks of these shapes; `None` for those that do not fit.
    pub(super) fn new(spec: &Contraction, steps: &[Step], shapes: &[Vec<usize>]) -> Option<RowContraction<T>> {
        spec.check().ok()?;
        let sizes = spec.sizes(&shapes.iter().map(|s| &s[..]).collect::<Vec<_>>())?;
        Some(RowContraction { spec: spec.clone(), scratch: Scratch::new(steps.len()), steps: steps.to_vec(), sizes })
    }

    /// The rows of a tile, into as many elements; `None` for operands that do not fit.
    pub(super) fn run(&mut self, operands: &[super::view::View<'_>], out: &mut [T]) -> Option<()> {
        let shapes: Vec<Vec<usize>> = operands.iter().map(|x| x.shape().collect()).collect();
        let shapes: Vec<&[usize]> = shapes.iter().map(|s| &s[..]).collect();
        let sizes = self.spec.sizes(&shapes)?;
        if out.len() != self.spec.result.iter().map(|i| sizes[i]).product::<usize>() {
            return None;
        }
        if sizes.values().any(|n| *n == 0) {
            out.fill(T::default());
            return Some(());
        }
        let data = operands.iter().map(|x| T::slice(x.elements())).collect::<Option<Vec<&[T]>>>()?;
        let views: Vec<View> = self.spec.operands.iter().map(|set| View::packed(set, |i| sizes[&i])).collect();
        let chain = Chain { steps: &self.steps, sizes: &sizes, whole: &self.sizes, result: &self.spec.result };
        chain.run(&data, &views, out, &mut self.scratch).ok()
    }
}

/// How the elements of an array lie: index, size and stride of every axis.
#[derive(Clone, Debug)]
struct View {
    start: usize,
    axes: Vec<(Index, usize, usize)>,
}

impl View {
    fn of(shape: &[usize], window: &Window, set: &[Index]) -> View {
        let (mut stride, mut start, mut axes) = (1, 0, Vec::with_capacity(set.len()));
        for axis in (0..shape.len()).rev() {
            axes.push((set[axis], window.shape[axis], stride));
            start += window.start[axis] * stride;
            stride *= shape[axis];
        }
        axes.reverse();
        View { start, axes }
    }

    /// A C-order array of its own.
    fn packed(set: &[Index], size: impl Fn(Index) -> usize) -> View {
        let shape: Vec<usize> = set.iter().map(|i| size(*i)).collect();
        View::of(&shape, &Window { start: vec![0; shape.len()], shape: shape.clone() }, set)
    }

    /// The positions `from..from + len` of an index, if the array has it.
    fn narrow(mut self, index: Index, from: usize, len: usize) -> View {
        if let Some(axis) = self.axes.iter_mut().find(|a| a.0 == index) {
            self.start += from * axis.2;
            axis.1 = len;
        }
        self
    }

    fn stride(&self, index: Index) -> usize {
        self.axes.iter().find(|a| a.0 == index).map_or(0, |a| a.2)
    }

    fn has(&self, index: Index) -> bool {
        self.axes.iter().any(|a| a.0 == index)
    }
}

/// The steps of a contraction.
struct Chain<'a> {
    steps: &'a [Step],
    sizes: &'a BTreeMap<Index, usize>,
    /// The sizes of the blocks, of which a tile has some rows: they say which axes are the long ones.
    whole: &'a BTreeMap<Index, usize>,
    result: &'a [Index],
}

/// Where the elements of an array are.
#[derive(Clone, Copy)]
enum Place {
    Operand(usize),
    Scratch(usize),
}

impl Chain<'_> {
    fn run<T: Contract>(
        &self,
        data: &[&[T]],
        views: &[View],
        out: &mut [T],
        Scratch { made: scratch, rooms }: &mut Scratch<T>,
    ) -> Result<(), KernelError> {
        let lost = || KernelError::mismatch("contract", "a step without its operands");
        let whole = View::packed(self.result, |i| self.sizes[&i]);
        for (index, from, len) in self.parts(size_of::<T>()) {
            let narrow = |view: &View| view.clone().narrow(index, from, len);
            let size = |i: Index| if i == index { len } else { self.sizes[&i] };
            let mut left: Vec<(Place, View)> = views.iter().enumerate().map(|(k, v)| (Place::Operand(k), narrow(v))).collect();
            for (s, step) in self.steps.iter().enumerate() {
                let [i, j] = step.pair;
                if j >= left.len() || i >= j {
                    return Err(lost());
                }
                let (b, a) = (left.remove(j), left[i].clone());
                let last = s + 1 == self.steps.len();
                let view = if last { narrow(&whole) } else { View::packed(&step.result, size) };
                let mut own = std::mem::take(&mut scratch[s]);
                let elements = step.result.iter().map(|i| size(*i)).product();
                if !last && own.len() != elements {
                    own = vec![T::default(); elements];
                }
                let slice = |place| match place {
                    Place::Operand(k) => data[k],
                    Place::Scratch(k) => &scratch[k][..],
                };
                let pair = Pair::new(&a.1, &b.1, &view, self.whole);
                pair.run(slice(a.0), slice(b.0), if last { &mut *out } else { &mut own }, rooms);
                scratch[s] = own;
                left[i] = (Place::Scratch(s), view);
            }
        }
        Ok(())
    }

    /// The parts in which the chain is run: positions of the result's first index, if every intermediate result has it, so many
    /// that the largest of them fits.
    fn parts(&self, item: usize) -> Vec<(Index, usize, usize)> {
        let inner = &self.steps[..self.steps.len().saturating_sub(1)];
        let Some(&first) = self.result.first() else { return vec![(0, 0, 1)] };
        let n = self.sizes[&first];
        let bytes = |s: &Step| s.result.iter().map(|i| self.sizes[i]).fold(item, usize::saturating_mul) / n.max(1);
        let largest = inner.iter().map(bytes).max().unwrap_or(0);
        let len = if inner.iter().all(|s| s.result.contains(&first)) { PART_BYTES / largest.max(1) } else { n };
        let len = len.clamp(2, n.max(2));
        let mut parts = Vec::with_capacity(n.div_ceil(len));
        let mut from = 0;
        while from < n {
            let len = next(n - from, len);
            parts.push((first, from, len));
            from += len;
        }
        parts
    }
}

/// Room for what the steps make, and theirs.
struct Scratch<T: Contract> {
    made: Vec<Vec<T>>,
    rooms: Rooms<T, T::Packed>,
}

impl<T: Contract> Scratch<T> {
    fn new(steps: usize) -> Scratch<T> {
        let rooms = Rooms { packed: T::packed(), product: Vec::new(), left: Vec::new(), right: Vec::new() };
        Scratch { made: (0..steps).map(|_| Vec::new()).collect(), rooms }
    }
}

/// What an axis of a pair is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stack,
    Left,
    Right,
    Summed,
}

/// An axis of a pair: its size, here and in the whole blocks, and its strides in both operands and the result.
#[derive(Clone, Copy, Debug)]
struct Axis {
    kind: Kind,
    size: usize,
    whole: usize,
    a: usize,
    b: usize,
    out: usize,
}

const ONE: Axis = Axis { kind: Kind::Summed, size: 1, whole: 1, a: 0, b: 0, out: 0 };

/// The product of two arrays.
struct Pair {
    /// Axes of the result in its order, then summed ones in the order of the left operand.
    axes: Vec<Axis>,
    starts: [usize; 3],
    /// The operands have changed places.
    swapped: bool,
}

/// Buffers that are used again.
struct Rooms<T, P> {
    packed: P,
    product: Vec<T>,
    left: Vec<T>,
    right: Vec<T>,
}

impl Pair {
    fn new(a: &View, b: &View, out: &View, whole: &BTreeMap<Index, usize>) -> Pair {
        let summed = a.axes.iter().chain(b.axes.iter().filter(|x| !a.has(x.0))).filter(|x| !out.has(x.0));
        let mut axes: Vec<Axis> = Vec::new();
        for &(index, size, _) in out.axes.iter().chain(summed).filter(|x| x.1 != 1) {
            let kind = match (out.has(index), a.has(index), b.has(index)) {
                (true, true, true) => Kind::Stack,
                (true, true, false) => Kind::Left,
                (true, false, _) => Kind::Right,
                (false, ..) => Kind::Summed,
            };
            let whole = whole.get(&index).copied().unwrap_or(size);
            let axis = Axis { kind, size, whole, a: a.stride(index), b: b.stride(index), out: out.stride(index) };
            match axes.last_mut() {
                // One step along the outer axis is a walk along the whole inner one.
                Some(outer)
                    if outer.kind == kind
                        && [(outer.a, axis.a), (outer.b, axis.b), (outer.out, axis.out)].iter().all(|(o, i)| *o == i * size) =>
                {
                    *outer = Axis { size: outer.size * size, whole: outer.whole.saturating_mul(whole), ..axis };
                }
                Some(_) | None => axes.push(axis),
            }
        }
        let mut pair = Pair { axes, starts: [a.start, b.start, out.start], swapped: false };
        if pair.innermost().is_some_and(|x| x.kind == Kind::Left) {
            pair.swap();
        }
        pair
    }

    /// The axis along which the result's elements are neighbours.
    fn innermost(&self) -> Option<Axis> {
        self.axes.iter().rev().find(|x| x.kind != Kind::Summed).copied()
    }

    fn swap(&mut self) {
        for axis in &mut self.axes {
            std::mem::swap(&mut axis.a, &mut axis.b);
            axis.kind = match axis.kind {
                Kind::Left => Kind::Right,
                Kind::Right => Kind::Left,
                Kind::Stack | Kind::Summed => axis.kind,
            };
        }
        self.starts.swap(0, 1);
        self.swapped = !self.swapped;
    }

    fn run<T: Contract>(&self, a: &[T], b: &[T], out: &mut [T], rooms: &mut Rooms<T, T::Packed>) {
        let (a, b) = if self.swapped { (b, a) } else { (a, b) };
        let (a, b, out) = (&a[self.starts[0]..], &b[self.starts[1]..], &mut out[self.starts[2]..]);
        let inner = self.innermost();
        let free = self.axes.iter().any(|x| matches!(x.kind, Kind::Left | Kind::Right));
        match inner {
            Some(row) if row.kind == Kind::Stack && [row.a, row.b, row.out] == [1; 3] => self.rows(row, a, b, out),
            Some(row) if row.kind == Kind::Stack && !free => self.rows(Axis { kind: Kind::Stack, ..ONE }, a, b, out),
            Some(_) | None => self.matrices(a, b, out, rooms),
        }
    }

    /// The axes that are not among these: those of the result, and the summed ones.
    fn others(&self, taken: &[Axis]) -> (Vec<Axis>, Vec<Axis>) {
        let same = |x: &Axis, y: &Axis| (x.kind, x.size, x.a, x.b, x.out) == (y.kind, y.size, y.a, y.b, y.out);
        let rest = self.axes.iter().filter(|x| !taken.iter().any(|t| same(x, t))).copied();
        rest.partition(|x| x.kind != Kind::Summed)
    }

    /// The longest axis of a kind; among equals the innermost. The whole blocks decide: which loop takes a pair, and so its bits, must
    /// not depend on how many rows a tile has.
    fn longest(&self, kind: Kind) -> Option<Axis> {
        self.axes.iter().filter(|x| x.kind == kind).max_by_key(|x| x.whole).copied()
    }

    /// One product of matrices for every position of the axes that are left over.
    fn matrices<T: Contract>(&self, a: &[T], b: &[T], out: &mut [T], rooms: &mut Rooms<T, T::Packed>) {
        let inner = self.innermost().filter(|x| x.kind == Kind::Right);
        let columns = inner.or_else(|| self.longest(Kind::Right)).unwrap_or(ONE);
        let rows = self.longest(Kind::Left).unwrap_or(ONE);
        let terms = self.longest(Kind::Summed).unwrap_or(ONE);
        let (outer, summed) = self.others(&[rows, columns, terms]);
        each(&outer, |[i, j, at]| {
            let mut first = true;
            each(&summed, |[k, l, _]| {
                let left =
                    Matrix { data: &a[i + k..], rows: rows.size, cols: terms.size, row_stride: rows.a, col_stride: terms.a };
                let right = Matrix {
                    data: &b[j + l..],
                    rows: terms.size,
                    cols: columns.size,
                    row_stride: terms.b,
                    col_stride: columns.b,
                };
                add_product(left, right, (&mut out[at..], rows.out, columns.out), !first, rooms);
                first = false;
            });
        });
    }

    /// Rows of a stack, element by element.
    fn rows<T: Contract>(&self, row: Axis, a: &[T], b: &[T], out: &mut [T]) {
        let terms = self.longest(Kind::Summed).unwrap_or(ONE);
        let (outer, summed) = self.others(&[row, terms]);
        each(&outer, |[i, j, at]| {
            let mut first = true;
            each(&summed, |[k, l, _]| {
                let out = &mut out[at..at + row.size];
                let (a, b) = ((&a[i + k..], terms.a), (&b[j + l..], terms.b));
                vectorised(StackRow { a, b, terms: terms.size, out, accumulate: !first });
                first = false;
            });
        });
    }
}

/// Calls `see` with the offsets in both operands and the result, for every position of these axes in C order.
fn each(axes: &[Axis], mut see: impl FnMut([usize; 3])) {
    let mut at = vec![0; axes.len()];
    let mut offsets = [0; 3];
    loop {
        see(offsets);
        let mut axis = axes.len();
        loop {
            let Some(next) = axis.checked_sub(1) else { return };
            axis = next;
            let Axis { size, a, b, out, .. } = axes[axis];
            at[axis] += 1;
            if at[axis] < size {
                offsets = [offsets[0] + a, offsets[1] + b, offsets[2] + out];
                break;
            }
            offsets = [offsets[0] - (size - 1) * a, offsets[1] - (size - 1) * b, offsets[2] - (size - 1) * out];
            at[axis] = 0;
        }
    }
}

/// `out = a b` or `out += a b`, for a result of these strides.
fn add_product<T: Contract>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    (out, row_stride, col_stride): (&mut [T], usize, usize),
    accumulate: bool,
    rooms: &mut Rooms<T, T::Packed>,
) {
    let (rows, cols) = (a.rows, b.cols);
    if form(&a, &b) == Form::Matrices
        && (col_stride == 1 || cols == 1)
        && T::tiles((a, b), out, row_stride, accumulate, &mut rooms.packed)
    {
        return;
    }
    let (left, right) = if T::STRIDED { (a, b) } else { (compact(a, &mut rooms.left), compact(b, &mut rooms.right)) };
    rooms.product.clear();
    rooms.product.resize(rows * cols, T::default());
    let side = |m: &Matrix<'_, T>| Side::strided(m.rows, m.cols, m.row_stride, m.col_stride);
    T::product((left.data, &side(&left)), (right.data, &side(&right)), &mut rooms.product, form(&left, &right), false);
    for (i, made) in rooms.product.chunks_exact(cols).enumerate() {
        for (j, &x) in made.iter().enumerate() {
            let out = &mut out[i * row_stride + j * col_stride];
            *out = if accumulate { T::add(*out, x) } else { x };
        }
    }
}

/// The loop for two matrices; those for vectors want them without gaps.
fn form<T>(a: &Matrix<'_, T>, b: &Matrix<'_, T>) -> Form {
    match (b.cols == 1 && b.row_stride == 1, a.rows == 1 && a.col_stride == 1) {
        (true, _) if a.col_stride == 1 => Form::LeftDots,
        (true, _) if a.row_stride == 1 => Form::LeftRows,
        (_, true) if b.col_stride == 1 => Form::RightRows,
        (_, true) if b.row_stride == 1 => Form::RightDots,
        (true | false, true | false) => Form::Matrices,
    }
}

/// The same matrix in C order.
fn compact<'a, T: Contract>(m: Matrix<'_, T>, room: &'a mut Vec<T>) -> Matrix<'a, T> {
    room.clear();
    for i in 0..m.rows {
        room.extend((0..m.cols).map(|j| m.data[i * m.row_stride + j * m.col_stride]));
    }
    Matrix { data: room, rows: m.rows, cols: m.cols, row_stride: m.cols, col_stride: 1 }
}

/// `out[j] = Σ a[k · step + j] · b[k · step + j]`, or added to it.
struct StackRow<'a, T> {
    a: (&'a [T], usize),
    b: (&'a [T], usize),
    terms: usize,
    out: &'a mut [T],
    accumulate: bool,
}

impl<T: Contract> Loop for StackRow<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let StackRow { a: (a, a_step), b: (b, b_step), terms, out, accumulate } = self;
        for panel in (0..terms).step_by(PANEL) {
            let (accumulate, ks) = (accumulate || panel > 0, panel..terms.min(panel + PANEL));
            let mut columns = out.chunks_exact_mut(COLUMNS);
            let mut col = 0;
            for columns in &mut columns {
                let mut sums = [T::default(); COLUMNS];
                for k in ks.clone() {
                    let (x, y) = (&a[k * a_step + col..][..COLUMNS], &b[k * b_step + col..][..COLUMNS]);
                    for (sum, (&x, &y)) in sums.iter_mut().zip(x.iter().zip(y)) {
                        *sum = T::add(*sum, T::multiply(x, y));
                    }
                }
                for (out, sum) in columns.iter_mut().zip(sums) {
                    *out = if accumulate { T::add(*out, sum) } else { sum };
                }
                col += COLUMNS;
            }
            for (col, out) in (col..).zip(columns.into_remainder()) {
                let products = ks.clone().map(|k| T::multiply(a[k * a_step + col], b[k * b_step + col]));
                let sum = products.fold(T::default(), T::add);
                *out = if accumulate { T::add(*out, sum) } else { sum };
            }
        }
    }
}

/// Elements that contractions exist for: all.
pub(super) trait Contract: Product {
    /// Buffers of packed panels.
    type Packed;
    /// Whether `Product` reads matrices by any strides.
    const STRIDED: bool;

    fn packed() -> Self::Packed;
    fn add(a: Self, b: Self) -> Self;
    fn multiply(a: Self, b: Self) -> Self;

    /// The product in register tiles, if there are any for this type.
    fn tiles(
        operands: (Matrix<'_, Self>, Matrix<'_, Self>),
        out: &mut [Self],
        stride: usize,
        accumulate: bool,
        packed: &mut Self::Packed,
    ) -> bool;
}

/// In place of packed panels, for elements without register tiles.
pub(super) struct Unpacked<T>(PhantomData<T>);

impl<T> Unpacked<T> {
    fn new() -> Unpacked<T> {
        Unpacked(PhantomData)
    }
}

fn in_tiles<T: Real>(
    (a, b): (Matrix<'_, T>, Matrix<'_, T>),
    out: &mut [T],
    stride: usize,
    accumulate: bool,
    packed: &mut Packed<T>,
) -> bool {
    gemm_into(isa(), a, b, (out, stride), Into { accumulate, lower: false }, packed);
    true
}

fn without_tiles<T>(_: (Matrix<'_, T>, Matrix<'_, T>), _: &mut [T], _: usize, _: bool, _: &mut Unpacked<T>) -> bool {
    false
}

macro_rules! contract {
    ($($strided:literal $packed:ident $tiles:ident: $($t:ident)*;)*) => {$($(
        impl Contract for $t {
            type Packed = $packed<$t>;
            const STRIDED: bool = $strided;

            fn packed() -> $packed<$t> {
                $packed::new()
            }

            #[inline(always)]
            fn add(a: $t, b: $t) -> $t {
                op::Add::apply((a, b))
            }

            #[inline(always)]
            fn multiply(a: $t, b: $t) -> $t {
                op::Multiply::apply((a, b))
            }

            fn tiles(
                operands: (Matrix<'_, $t>, Matrix<'_, $t>),
                out: &mut [$t],
                stride: usize,
                accumulate: bool,
                packed: &mut $packed<$t>,
            ) -> bool {
                $tiles(operands, out, stride, accumulate, packed)
            }
        }
    )*)*};
}
contract! {
    true Packed in_tiles: f32 f64;
    true Unpacked without_tiles: bool i8 i16 i32 i64 u8 u16 u32 u64;
    false Unpacked without_tiles: c64 c128;
}

#[cfg(test)]
mod tests;
