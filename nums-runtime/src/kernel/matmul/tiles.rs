//! Products of which a panel sees the operands tile by tile: some rows of the result at a time, or some terms.
//!
//! Which loop takes a product follows from the blocks (`Form`), not from a tile, which may be narrower: so the bits are those of the
//! product of the whole blocks. Rows of the result do not know each other; terms come in whole panels of every sum
//! (`nums_ir::tiling::ROWS`), and what was summed is carried from tile to tile.

use super::{DotPanels, Field, Form, RowSum, Side, add, floats, vectors};
use crate::block::Block;
use crate::kernel::gemm::{Into, PANEL_K, Packed, Real, gemm, mirror};
use crate::kernel::interpret::broadcast;
use crate::kernel::op::{self, Apply};
use crate::kernel::reduce::{Counter, PANEL, ROWS};
use crate::kernel::view::View;
use crate::native::{isa, vectorised};

/// Both operands of a tile by their strides; found anew when their shapes change, which they do for the last tile.
struct Sides {
    trans: (bool, bool),
    shapes: [Vec<usize>; 2],
    left: Side,
    right: Side,
    /// The axes of the stack, and how many products it has.
    batch: Vec<usize>,
    count: usize,
}

impl Sides {
    /// `None` for shapes that do not fit each other.
    fn new(a: Vec<usize>, b: Vec<usize>, trans: (bool, bool)) -> Option<Sides> {
        let (left, right) = (Side::left(&a, trans.0)?, Side::right(&b, trans.1)?);
        let batch = broadcast(&left.batch, &right.batch)?;
        let count = batch.iter().product();
        (left.cols == right.rows).then_some(Sides { trans, shapes: [a, b], left, right, batch, count })
    }

    /// The shape of the product: of a vector no axis.
    fn shape(&self) -> Vec<usize> {
        let is_matrix = |side: usize| self.shapes[side].len() > 1;
        let rows = is_matrix(0).then_some(self.left.rows);
        self.batch.iter().copied().chain(rows).chain(is_matrix(1).then_some(self.right.cols)).collect()
    }

    fn form(&self) -> Form {
        Form::of(&self.left, &self.right, self.left.rows == 1)
    }

    fn of(&mut self, a: &View<'_>, b: &View<'_>) -> Option<&Sides> {
        if !a.shape().eq(self.shapes[0].iter().copied()) || !b.shape().eq(self.shapes[1].iter().copied()) {
            *self = Sides::new(a.shape().collect(), b.shape().collect(), self.trans)?;
        }
        Some(self)
    }
}

/// Some rows or columns of a product, tile by tile.
pub(in crate::kernel) struct RowProduct<T> {
    form: Form,
    sides: Sides,
    packed: Packed<T>,
    counter: Counter<op::Add, T>,
}

impl<T: Real + Field> RowProduct<T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    /// Of blocks of these shapes.
    pub(in crate::kernel) fn new(a: Vec<usize>, b: Vec<usize>, trans: (bool, bool)) -> Option<RowProduct<T>> {
        let sides = Sides::new(a, b, trans)?;
        Some(RowProduct { form: sides.form(), sides, packed: Packed::new(), counter: Counter::new() })
    }

    /// The shape of the whole product.
    pub(in crate::kernel) fn shape(&self) -> Vec<usize> {
        self.sides.shape()
    }

    /// The product of a tile, into as many elements; `None` for operands that do not fit.
    pub(in crate::kernel) fn run(&mut self, a: &View<'_>, b: &View<'_>, out: &mut [T]) -> Option<()> {
        let (x, y) = (T::slice(a.elements())?, T::slice(b.elements())?);
        let Sides { left, right, batch, count, .. } = self.sides.of(a, b)?;
        let size = left.rows * right.cols;
        if out.len() != count * size {
            return None;
        }
        if left.cols == 0 {
            out.fill(T::default());
        } else if size > 0 {
            for (i, out) in out.chunks_exact_mut(size).enumerate() {
                let (x, y) = (&x[left.start(batch, i)..], &y[right.start(batch, i)..]);
                if !vectors((x, left), (y, right), out, self.form, &mut self.counter) {
                    floats((x, left), (y, right), out, false, &mut self.packed);
                }
            }
        }
        Some(())
    }
}

/// A product of two matrices or vectors contracted along the rows of both, which come tile by tile; all but the last a multiple of
/// `TILE_ROWS`.
pub(in crate::kernel) struct Total<T> {
    sides: Sides,
    symmetric: bool,
    sum: Sum<T>,
}

/// Rows that a multiple of which is in every tile but the last: whole panels of every sum.
const TILE_ROWS: usize = {
    assert!(PANEL_K.is_multiple_of(PANEL) && PANEL_K.is_multiple_of(ROWS));
    PANEL_K
};
const _: () = assert!(nums_ir::tiling::ROWS.is_multiple_of(TILE_ROWS));

/// What is carried: the terms of an element of the result side by side in memory, or elements of the result.
enum Sum<T> {
    LeftDots(Vec<Counter<op::Add, T>>),
    LeftRows(RowSum<T>),
    RightRows(RowSum<T>),
    RightDots(Vec<Counter<op::Add, T>>),
    Matrices { out: Vec<T>, packed: Packed<T>, begun: bool },
}

impl<T: Real + Field> Total<T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    /// Of blocks of these shapes; `None` for those that do not fit, and stacks.
    pub(in crate::kernel) fn new(a: Vec<usize>, b: Vec<usize>, trans: (bool, bool), symmetric: bool) -> Option<Total<T>> {
        let sides = Sides::new(a, b, trans)?;
        let (m, n) = (sides.left.rows, sides.right.cols);
        if !sides.batch.is_empty() || (symmetric && m != n) {
            return None;
        }
        let counters = |n: usize| (0..n).map(|_| Counter::new()).collect();
        let sum = match sides.form() {
            Form::LeftDots => Sum::LeftDots(counters(m)),
            Form::LeftRows => Sum::LeftRows(RowSum::new(m)),
            Form::RightRows => Sum::RightRows(RowSum::new(n)),
            Form::RightDots => Sum::RightDots(counters(n)),
            Form::Matrices => Sum::Matrices { out: vec![T::default(); m * n], packed: Packed::new(), begun: false },
        };
        Some(Total { sides, symmetric, sum })
    }

    /// The shape of the product.
    pub(in crate::kernel) fn shape(&self) -> Vec<usize> {
        self.sides.shape()
    }

    /// The next rows of both operands; `None` for operands that do not fit.
    pub(in crate::kernel) fn feed(&mut self, a: &View<'_>, b: &View<'_>) -> Option<()> {
        let (x, y) = (T::slice(a.elements())?, T::slice(b.elements())?);
        let Sides { left, right, .. } = self.sides.of(a, b)?;
        let (m, n, rows) = (left.rows, right.cols, right.rows);
        match &mut self.sum {
            Sum::LeftDots(counters) if counters.len() == m => {
                dots((x, left.row_stride), &y[..rows], counters);
            }
            Sum::RightDots(counters) if counters.len() == n => {
                dots((y, right.col_stride), &x[..rows], counters);
            }
            Sum::LeftRows(sum) if sum.width() == m => sum.feed(x, left.col_stride, &y[..rows]),
            Sum::RightRows(sum) if sum.width() == n => sum.feed(y, right.row_stride, &x[..rows]),
            Sum::Matrices { out, packed, begun } if out.len() == m * n => {
                let into = Into { accumulate: *begun, lower: self.symmetric };
                gemm(isa(), left.matrix(x), right.matrix(y), out, into, packed);
                *begun = true;
            }
            Sum::LeftDots(_) | Sum::RightDots(_) | Sum::LeftRows(_) | Sum::RightRows(_) | Sum::Matrices { .. } => return None,
        }
        Some(())
    }

    pub(in crate::kernel) fn finish(self, shape: &[usize]) -> Block {
        let (m, n) = (self.sides.left.rows, self.sides.right.cols);
        let out = match self.sum {
            Sum::LeftDots(counters) | Sum::RightDots(counters) => {
                counters.into_iter().map(|mut c| c.take(add).unwrap_or_default()).collect()
            }
            Sum::LeftRows(mut sum) | Sum::RightRows(mut sum) => sum.take().unwrap_or_else(|| vec![T::default(); m * n]),
            Sum::Matrices { mut out, .. } => {
                if self.symmetric {
                    mirror(&mut out, m);
                }
                out
            }
        };
        Block::from_slice(&out, shape)
    }
}

/// More terms of one sum for each line of a matrix, which begin `stride` apart.
fn dots<T: Field>((matrix, stride): (&[T], usize), vector: &[T], counters: &mut [Counter<op::Add, T>])
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    for (i, counter) in counters.iter_mut().enumerate() {
        vectorised(DotPanels { x: &matrix[i * stride..][..vector.len()], y: vector, counter });
    }
}
