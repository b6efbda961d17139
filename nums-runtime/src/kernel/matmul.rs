//! NumPy's `matmul` of two blocks.
//!
//! Products of real matrices are `gemm`'s, of complex ones `matrixmultiply`'s (through ndarray); both take transposed operands
//! by their strides, and the sizes alone fix their order of summation. A matrix times a vector is limited by memory: rows in
//! lanes and panels as in `reduce`, columns (a transposed matrix) row by row. Integers wrap and booleans are "and" and "or".

use super::gemm::{Into, Matrix, Packed, Real, gemm, mirror};
use super::op::{self, Apply};
use super::reduce::{COLUMNS, Counter, LANES, PANEL, ROWS, join_lanes, join_rows};
use super::{KernelError, room};
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
    let mut out = room("matmul", a.dtype(), &shape)?;
    let size = left.rows * right.cols;
    if out.is_empty() || left.cols == 0 {
        return Ok(out);
    }
    for (i, at) in (0..out.len() / size).map(|i| (i, i * size)) {
        let (x, y) = (left.start(&batch, i), right.start(&batch, i));
        with_type!(a.dtype(), T => {
            let out = &mut out.as_mut_slice::<T>()[at..at + size];
            T::product(&a.as_slice::<T>()[x..], &left, &b.as_slice::<T>()[y..], &right, out, symmetric);
            if symmetric {
                mirror(out, left.rows);
            }
        });
    }
    Ok(out)
}

/// One operand: its batch axes and its matrix.
struct Side {
    batch: Vec<usize>,
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl Side {
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

/// A product of two matrices into a zeroed C-order one; of a `lower` one only the lower triangle is defined.
trait Product: Element {
    fn product(a: &[Self], left: &Side, b: &[Self], right: &Side, out: &mut [Self], lower: bool);
}

macro_rules! rings {
    ($($t:ident)*) => {$(
        impl Product for $t {
            fn product(a: &[$t], left: &Side, b: &[$t], right: &Side, out: &mut [$t], _lower: bool) {
                for (i, out) in out.chunks_exact_mut(right.cols).enumerate() {
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
    ($matrices:ident: $($t:ident)*) => {$(
        impl Product for $t {
            fn product(a: &[$t], left: &Side, b: &[$t], right: &Side, out: &mut [$t], lower: bool) {
                // A vector is contiguous whichever way it is read; the other side is a matrix by rows or by columns.
                if right.cols == 1 && left.col_stride == 1 {
                    vectorised(Dots { matrix: a, stride: left.row_stride, vector: &b[..right.rows], out });
                } else if right.cols == 1 {
                    rows(a, left.col_stride, &b[..right.rows], out);
                } else if left.rows == 1 && right.col_stride == 1 {
                    rows(b, right.row_stride, &a[..left.cols], out);
                } else if left.rows == 1 {
                    vectorised(Dots { matrix: b, stride: right.col_stride, vector: &a[..left.cols], out });
                } else {
                    $matrices(a, left, b, right, out, lower);
                }
            }
        }
    )*};
}
fields!(tiles: f32 f64);
fields!(library: c64 c128);

fn tiles<T: Real>(a: &[T], left: &Side, b: &[T], right: &Side, out: &mut [T], lower: bool) {
    let into = Into { accumulate: false, lower };
    gemm(isa(), left.matrix(a), right.matrix(b), out, into, &mut Packed::new());
}

fn library<T: Element + ndarray::LinalgScalar>(a: &[T], left: &Side, b: &[T], right: &Side, out: &mut [T], _lower: bool) {
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

trait Field: Element {}
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
}

impl<T: Field> Loop for Dots<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let mut counter = Counter::<op::Add, T>::new();
        for (i, out) in self.out.iter_mut().enumerate() {
            let row = &self.matrix[i * self.stride..][..self.vector.len()];
            for (x, y) in row.chunks(PANEL).zip(self.vector.chunks(PANEL)) {
                counter.push(dot_panel(x, y), add);
            }
            *out = counter.take(add).unwrap_or_default();
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
    let mut counter = Counter::<op::Add, Vec<T>>::new();
    let mut panel = vec![T::default(); out.len()];
    for (k, vector) in vector.chunks(ROWS).enumerate() {
        vectorised(RowPanel { matrix: &matrix[k * ROWS * stride..], stride, vector, out: &mut panel });
        counter.push(panel.clone(), join_rows::<op::Add, T>);
    }
    if let Some(sum) = counter.take(join_rows::<op::Add, T>) {
        out.copy_from_slice(&sum);
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
