//! NumPy's `matmul` of two blocks.
//!
//! Products of real matrices are `gemm`'s, of complex ones `matrixmultiply`'s (through ndarray); both take transposed operands
//! by their strides, and the sizes alone fix their order of summation. A matrix times a vector is limited by memory: rows in
//! lanes and panels as in `reduce`, columns (a transposed matrix) row by row. Integers wrap and booleans are "and" and "or".
//! Products of which a panel sees a tile at a time are in `matmul/tiles.rs`.

mod tiles;

pub(super) use tiles::{RowProduct, Total};

use super::gemm::{Into, Matrix, Packed, Real, gemm, mirror};
use super::op::{self, Apply};
use super::reduce::{COLUMNS, Counter, LANES, PANEL, ROWS, again, join_lanes, join_rows};
use super::{KernelError, room, stale_room};
use crate::block::Block;
use crate::element::{Element, c64, c128, with_type};
use crate::native::{Loop, isa, vectorised};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

pub(super) fn matmul(a: &Block, b: &Block, (trans_a, trans_b): (bool, bool), symmetric: bool) -> Result<Block, KernelError> {
    let wrong = || {
        let (t, u) = (if trans_a { ".T" } else { "" }, if trans_b { ".T" } else { "" });
        KernelError::mismatch("matmul", format!("{}{:?}{t} and {}{:?}{u}", a.dtype(), a.shape(), b.dtype(), b.shape()))
    };
    let (left, right) = (Side::left(a.shape(), trans_a).ok_or_else(wrong)?, Side::right(b.shape(), trans_b).ok_or_else(wrong)?);
    if a.dtype() != b.dtype() || left.cols != right.rows || (symmetric && left.rows != right.cols) {
        return Err(wrong());
    }
    let batch = super::interpret::broadcast(&left.batch, &right.batch).ok_or_else(wrong)?;
    let mut shape = batch.clone();
    shape.extend((a.shape().len() > 1).then_some(left.rows));
    shape.extend((b.shape().len() > 1).then_some(right.cols));
    if left.cols == 0 {
        return room("matmul", a.dtype(), &shape);
    }
    let mut out = stale_room("matmul", a.dtype(), &shape)?;
    if out.is_empty() {
        return Ok(out);
    }
    let size = left.rows * right.cols;
    let form = Form::of(&left, &right, left.rows == 1);
    for (i, at) in (0..out.len() / size).map(|i| (i, i * size)) {
        let (x, y) = (left.start(&batch, i), right.start(&batch, i));
        with_type!(a.dtype(), T => {
            let out = &mut out.as_mut_slice::<T>()[at..at + size];
            T::product((&a.as_slice::<T>()[x..], &left), (&b.as_slice::<T>()[y..], &right), out, form, symmetric);
            if symmetric {
                mirror(out, left.rows);
            }
        });
    }
    Ok(out)
}

/// Which loop takes a product; it fixes the order of summation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Rows of the left operand times a vector.
    LeftDots,
    /// A vector times the transposed left operand.
    LeftRows,
    /// A vector times the right operand, row by row.
    RightRows,
    /// Columns of the right operand, which lie in memory as rows, times a vector.
    RightDots,
    /// Two matrices.
    Matrices,
}

impl Form {
    /// A vector is contiguous whichever way it is read; the other side is a matrix by rows or by columns.
    pub(super) fn of(left: &Side, right: &Side, one_row: bool) -> Form {
        match (right.cols == 1, one_row) {
            (true, _) if left.col_stride == 1 => Form::LeftDots,
            (true, _) => Form::LeftRows,
            (false, true) if right.col_stride == 1 => Form::RightRows,
            (false, true) => Form::RightDots,
            (false, false) => Form::Matrices,
        }
    }
}

/// One operand: its batch axes and its matrix.
pub(super) struct Side {
    batch: Vec<usize>,
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl Side {
    /// A matrix by its strides.
    pub(super) fn strided(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Side {
        Side { batch: vec![], rows, cols, row_stride, col_stride }
    }

    fn left(shape: &[usize], trans: bool) -> Option<Side> {
        match shape {
            [] => None,
            [n] => Some(Side { batch: vec![], rows: 1, cols: *n, row_stride: *n, col_stride: 1 }),
            _ => Side::of_matrix(shape, trans),
        }
    }

    fn right(shape: &[usize], trans: bool) -> Option<Side> {
        match shape {
            [] => None,
            [n] => Some(Side { batch: vec![], rows: *n, cols: 1, row_stride: 1, col_stride: 1 }),
            _ => Side::of_matrix(shape, trans),
        }
    }

    fn of_matrix(shape: &[usize], trans: bool) -> Option<Side> {
        let (batch, [rows, cols]) = shape.split_last_chunk::<2>()?;
        let (rows, cols) = (*rows, *cols);
        Some(if trans {
            Side { batch: batch.to_vec(), rows: cols, cols: rows, row_stride: 1, col_stride: cols }
        } else {
            Side { batch: batch.to_vec(), rows, cols, row_stride: cols, col_stride: 1 }
        })
    }

    /// The matrix that begins at the first of these elements.
    fn matrix<'a, T>(&self, data: &'a [T]) -> Matrix<'a, T> {
        let Side { batch: _, rows, cols, row_stride, col_stride } = *self;
        Matrix { data, rows, cols, row_stride, col_stride }
    }

    /// Where the matrix of the `i`-th product begins.
    fn start(&self, batch: &[usize], mut i: usize) -> usize {
        let (mut at, mut stride) = (0, self.rows * self.cols);
        let own = self.batch.len();
        for (axis, &n) in batch.iter().enumerate().rev() {
            let c = i % n;
            i /= n;
            if let Some(k) = (axis + own).checked_sub(batch.len()) {
                if self.batch[k] > 1 {
                    at += c * stride;
                }
                stride *= self.batch[k];
            }
        }
        at
    }
}

/// A product of two matrices with terms, written over a C-order one; of a `lower` one only the lower triangle is defined.
pub(super) trait Product: Element {
    fn product(left: (&[Self], &Side), right: (&[Self], &Side), out: &mut [Self], form: Form, lower: bool);
}

macro_rules! rings {
    ($($t:ident)*) => {$(
        impl Product for $t {
            fn product((a, left): (&[$t], &Side), (b, right): (&[$t], &Side), out: &mut [$t], _form: Form, _lower: bool) {
                for (i, out) in out.chunks_exact_mut(right.cols).enumerate() {
                    out.fill(<$t>::default());
                    for k in 0..left.cols {
                        let x = a[i * left.row_stride + k * left.col_stride];
                        for (j, out) in out.iter_mut().enumerate() {
                            let y = b[k * right.row_stride + j * right.col_stride];
                            *out = op::Add::apply((*out, op::Multiply::apply((x, y))));
                        }
                    }
                }
            }
        }
    )*};
}
rings!(bool i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! fields {
    ($($t:ident: $matrices:expr;)*) => {$(
        impl Product for $t {
            fn product(left: (&[$t], &Side), right: (&[$t], &Side), out: &mut [$t], form: Form, lower: bool) {
                if !vectors(left, right, out, form, &mut Counter::new()) {
                    let matrices: fn(_, _, &mut [$t], bool) = $matrices;
                    matrices(left, right, out, lower);
                }
            }
        }
    )*};
}
fields! {
    f32: |left, right, out, lower| floats(left, right, out, lower, &mut Packed::new());
    f64: |left, right, out, lower| floats(left, right, out, lower, &mut Packed::new());
    c64: |left, right, out, _lower| library(left, right, out);
    c128: |left, right, out, _lower| library(left, right, out);
}

/// A product with a vector on one side; `false` for one of two matrices.
fn vectors<T: Field>(
    (a, left): (&[T], &Side),
    (b, right): (&[T], &Side),
    out: &mut [T],
    form: Form,
    counter: &mut Counter<op::Add, T>,
) -> bool
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    match form {
        Form::LeftDots => {
            let (matrix, stride, vector) = (a, left.row_stride, &b[..right.rows]);
            vectorised(Dots { matrix, stride, vector, out, counter });
        }
        Form::LeftRows => rows(a, left.col_stride, &b[..right.rows], out),
        Form::RightRows => rows(b, right.row_stride, &a[..left.cols], out),
        Form::RightDots => {
            let (matrix, stride, vector) = (b, right.col_stride, &a[..left.cols]);
            vectorised(Dots { matrix, stride, vector, out, counter });
        }
        Form::Matrices => return false,
    }
    true
}

/// Two matrices in register tiles.
fn floats<T: Real>((a, left): (&[T], &Side), (b, right): (&[T], &Side), out: &mut [T], lower: bool, packed: &mut Packed<T>) {
    gemm(isa(), left.matrix(a), right.matrix(b), out, Into { accumulate: false, lower }, packed);
}

/// Two matrices by ndarray.
fn library<T: Element + ndarray::LinalgScalar>((a, left): (&[T], &Side), (b, right): (&[T], &Side), out: &mut [T]) {
    out.fill(T::zero());
    let view = |side: &Side| (side.rows, side.cols).strides((side.row_stride, side.col_stride));
    let size = |side: &Side| side.rows * side.cols;
    let (Ok(a), Ok(b), Ok(mut out)) = (
        ArrayView2::from_shape(view(left), &a[..size(left)]),
        ArrayView2::from_shape(view(right), &b[..size(right)]),
        ArrayViewMut2::from_shape((left.rows, right.cols), out),
    ) else {
        unreachable!("a matrix of a block has its strides inside the block")
    };
    general_mat_mul(T::one(), &a, &b, T::zero(), &mut out);
}

pub(super) trait Field: Element {}
impl<T: Element + ndarray::LinalgScalar> Field for T {}

#[inline(always)]
fn add<T>(a: T, b: T) -> T
where
    op::Add: Apply<(T, T), Out = T>,
{
    op::Add::apply((a, b))
}

/// `out[i] = Σ matrix[i · stride + k] · vector[k]`
struct Dots<'a, T> {
    matrix: &'a [T],
    stride: usize,
    vector: &'a [T],
    out: &'a mut [T],
    counter: &'a mut Counter<op::Add, T>,
}

impl<T: Field> Loop for Dots<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let n = self.vector.len();
        // Rows of one panel have nothing to join, and counting panels costs as much as some rows.
        if (1..=PANEL).contains(&n) {
            for (i, out) in self.out.iter_mut().enumerate() {
                *out = dot_panel(&self.matrix[i * self.stride..][..n], self.vector);
            }
            return;
        }
        for (i, out) in self.out.iter_mut().enumerate() {
            let row = &self.matrix[i * self.stride..][..n];
            DotPanels { x: row, y: self.vector, counter: &mut *self.counter }.run();
            *out = self.counter.take(add).unwrap_or_default();
        }
    }
}

/// A panel's products in lanes.
#[inline(always)]
fn dot_panel<T: Field>(x: &[T], y: &[T]) -> T
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    let mut lanes = [T::default(); LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for (lane, (&x, &y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane = add(*lane, op::Multiply::apply((x, y)));
        }
    }
    for (lane, (&x, &y)) in lanes.iter_mut().zip(xs.remainder().iter().zip(ys.remainder())) {
        *lane = add(*lane, op::Multiply::apply((x, y)));
    }
    join_lanes::<op::Add, T>(lanes, LANES)
}

/// `out[j] = Σ vector[k] · matrix[k · stride + j]`, panels of rows joined in the tree of `reduce`.
fn rows<T: Field>(matrix: &[T], stride: usize, vector: &[T], out: &mut [T])
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    let mut sum = RowSum::new(out.len());
    sum.feed(matrix, stride, vector);
    if let Some(sum) = sum.take() {
        out.copy_from_slice(&sum);
    }
}

/// Such a sum while its rows come, whole panels at a time.
struct RowSum<T> {
    counter: Counter<op::Add, Vec<T>>,
    panel: Vec<T>,
    spare: Vec<Vec<T>>,
}

impl<T: Field> RowSum<T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    fn new(width: usize) -> RowSum<T> {
        RowSum { counter: Counter::new(), panel: vec![T::default(); width], spare: Vec::new() }
    }

    fn width(&self) -> usize {
        self.panel.len()
    }

    fn feed(&mut self, matrix: &[T], stride: usize, vector: &[T]) {
        for (k, vector) in vector.chunks(ROWS).enumerate() {
            vectorised(RowPanel { matrix: &matrix[k * ROWS * stride..], stride, vector, out: &mut self.panel });
            let part = again(&mut self.spare, &self.panel);
            self.counter.push(part, |a, b| join_rows::<op::Add, T>(a, b, &mut self.spare));
        }
    }

    fn take(&mut self) -> Option<Vec<T>> {
        self.counter.take(|a, b| join_rows::<op::Add, T>(a, b, &mut self.spare))
    }
}

struct RowPanel<'a, T> {
    matrix: &'a [T],
    stride: usize,
    vector: &'a [T],
    out: &'a mut [T],
}

impl<T: Field> Loop for RowPanel<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let mut col = 0;
        let mut columns = self.out.chunks_exact_mut(COLUMNS);
        for columns in &mut columns {
            let mut sums = [T::default(); COLUMNS];
            for (k, &x) in self.vector.iter().enumerate() {
                for (sum, &y) in sums.iter_mut().zip(&self.matrix[k * self.stride + col..][..COLUMNS]) {
                    *sum = add(*sum, op::Multiply::apply((x, y)));
                }
            }
            columns.copy_from_slice(&sums);
            col += COLUMNS;
        }
        for (col, out) in (col..).zip(columns.into_remainder()) {
            let products =
                self.vector.iter().enumerate().map(|(k, &x)| op::Multiply::apply((x, self.matrix[k * self.stride + col])));
            *out = products.fold(T::default(), add);
        }
    }
}

struct DotPanels<'a, T> {
    x: &'a [T],
    y: &'a [T],
    counter: &'a mut Counter<op::Add, T>,
}

impl<T: Field> Loop for DotPanels<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for (x, y) in self.x.chunks(PANEL).zip(self.y.chunks(PANEL)) {
            self.counter.push(dot_panel(x, y), add);
        }
    }
}
