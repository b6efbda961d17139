//! `linalg.solve` for `f32`, `f64`, `c64`, `c128`: elimination with partial pivoting, as LAPACK's `gesv`.
//!
//! Meant for systems of one block. The left half of the columns is eliminated first, then its share is taken from the right half
//! with one product of matrices, then the right half is eliminated: nearly all of the work is `gemm`'s. `PANEL` columns and less
//! are eliminated one by one. A pivot of exactly 0 is `Singular`; the pivot is the element of the column with the largest
//! |re| + |im|, the first of equals. Products only add, so what they multiply by is copied with its sign turned.

use super::KernelError;
use super::gemm::{Into, Matrix, Packed, gemm_into};
use super::op::{self, Apply};
use crate::block::Block;
use crate::element::{Element, c64, c128};
use crate::native::{Loop, isa, vectorised};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
use nums_ir::dtype::DType;
use std::ops::Range;

/// Columns that are eliminated one by one, and rows whose triangle is solved one by one.
const PANEL: usize = 16;

pub(super) fn solve(a: &Block, b: &Block) -> Result<Block, KernelError> {
    let wrong = || KernelError::mismatch("solve", format!("{}{:?} and {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape()));
    let (&[ref batch @ .., n, m], b_shape) = (a.shape(), b.shape()) else { return Err(wrong()) };
    // As NumPy 2: `b` is one vector if it has one axis, else a stack of matrices like `a`.
    let cols = match b_shape {
        [len] if *len == n && batch.is_empty() => 1,
        [lead @ .., len, cols] if *len == n && lead == batch => *cols,
        _ => return Err(wrong()),
    };
    if n != m || a.dtype() != b.dtype() {
        return Err(wrong());
    }
    let mut x = b.clone();
    match a.dtype() {
        DType::F32 => stack::<f32>(a, &mut x, n, cols)?,
        DType::F64 => stack::<f64>(a, &mut x, n, cols)?,
        DType::C64 => stack::<c64>(a, &mut x, n, cols)?,
        DType::C128 => stack::<c128>(a, &mut x, n, cols)?,
        DType::Bool | DType::I8 | DType::I16 | DType::I32 | DType::I64 => return Err(wrong()),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => return Err(wrong()),
    }
    Ok(x)
}

fn stack<T: Field>(a: &Block, x: &mut Block, n: usize, cols: usize) -> Result<(), KernelError> {
    if n == 0 {
        return Ok(());
    }
    let mut system = System { n, cols, a: vec![T::default(); n * n], left: vec![], panel: vec![], packed: T::packed() };
    for (i, a) in a.as_slice::<T>().chunks_exact(n * n).enumerate() {
        let x = &mut x.as_mut_slice::<T>()[i * n * cols..(i + 1) * n * cols];
        system.a.copy_from_slice(a);
        system.factor(x, 0, n)?;
        system.forward(x);
        system.backward(x);
    }
    Ok(())
}

trait Field: Element {
    /// Buffers of products.
    type Packed;
    fn packed() -> Self::Packed;
    fn size(self) -> f64;
    fn minus(self) -> Self;
    /// `self + a * b`
    fn plus_product(self, a: Self, b: Self) -> Self;
    fn over(self, divisor: Self) -> Self;
    /// Adds a product of matrices with terms to rows that begin `stride` apart.
    fn add_product(a: Matrix<'_, Self>, b: Matrix<'_, Self>, rows: (&mut [Self], usize), packed: &mut Self::Packed);
}

macro_rules! field {
    ($($t:ident |$x:ident| $size:expr, $Packed:ty, $packed:expr, $product:path;)*) => {$(
        impl Field for $t {
            type Packed = $Packed;

            fn packed() -> $Packed { $packed }

            #[inline(always)]
            fn size(self) -> f64 { let $x = self; f64::from($size) }

            #[inline(always)]
            fn minus(self) -> $t { -self }

            #[inline(always)]
            fn plus_product(self, a: $t, b: $t) -> $t { self + a * b }

            #[inline(always)]
            fn over(self, divisor: $t) -> $t { op::Divide::apply((self, divisor)) }

            fn add_product(a: Matrix<'_, $t>, b: Matrix<'_, $t>, rows: (&mut [$t], usize), packed: &mut $Packed) {
                $product(a, b, rows, packed);
            }
        }
    )*};
}
field! {
    f32 |x| x.abs(), Packed<f32>, Packed::new(), real;
    f64 |x| x.abs(), Packed<f64>, Packed::new(), real;
    c64 |x| x.re.abs() + x.im.abs(), (), (), complex;
    c128 |x| x.re.abs() + x.im.abs(), (), (), complex;
}

fn real<T: super::gemm::Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, rows: (&mut [T], usize), packed: &mut Packed<T>) {
    gemm_into(isa(), a, b, rows, Into { accumulate: true, lower: false }, packed);
}

fn complex<T: Element + ndarray::LinalgScalar>(a: Matrix<'_, T>, b: Matrix<'_, T>, rows: (&mut [T], usize), _packed: &mut ()) {
    let shape = (a.rows, b.cols).strides((rows.1, 1));
    let (Ok(left), Ok(right), Ok(mut out)) = (
        ArrayView2::from_shape((a.rows, a.cols).strides((a.row_stride, a.col_stride)), a.data),
        ArrayView2::from_shape((b.rows, b.cols).strides((b.row_stride, b.col_stride)), b.data),
        ArrayViewMut2::from_shape(shape, rows.0),
    ) else {
        unreachable!("parts of a matrix have its stride inside it")
    };
    general_mat_mul(T::one(), &left, &right, T::one(), &mut out);
}

/// A system on its way, row-major. `x` holds the right side at first.
struct System<T: Field> {
    n: usize,
    cols: usize,
    /// The upper factor, and below its diagonal the lower one, whose diagonal is 1.
    a: Vec<T>,
    /// Part of `a`, its sign turned.
    left: Vec<T>,
    /// Columns that are eliminated one by one, one after the other in memory.
    panel: Vec<T>,
    packed: T::Packed,
}

impl<T: Field> System<T> {
    /// Eliminates `width` columns from column `k` on, in the rows from `k` on. Rows are swapped whole.
    fn factor(&mut self, x: &mut [T], k: usize, width: usize) -> Result<(), KernelError> {
        if width <= PANEL {
            return self.columns(x, k, width);
        }
        let half = width.div_ceil(PANEL) / 2 * PANEL;
        self.factor(x, k, half)?;
        let (n, next, wide) = (self.n, k + half, width - half);
        self.copy_left(k..n, k..next);
        let (above, below) = self.a.split_at_mut(next * n);
        for row in (0..half).step_by(PANEL) {
            let height = PANEL.min(half - row);
            let (done, now) = above.split_at_mut((k + row) * n);
            let left = Matrix { data: &self.left[row * half..], rows: height, cols: row, row_stride: half, col_stride: 1 };
            let right =
                Matrix { data: done.get(k * n + next..).unwrap_or(&[]), rows: row, cols: wide, row_stride: n, col_stride: 1 };
            lower(left, right, (&mut now[next..], n), &mut self.packed);
        }
        let left = Matrix { data: &self.left[half * half..], rows: n - next, cols: half, row_stride: half, col_stride: 1 };
        let right = Matrix { data: &above[k * n + next..], rows: half, cols: wide, row_stride: n, col_stride: 1 };
        T::add_product(left, right, (&mut below[next..], n), &mut self.packed);
        self.factor(x, next, wide)
    }

    /// Eliminates a few columns one by one.
    fn columns(&mut self, x: &mut [T], k: usize, width: usize) -> Result<(), KernelError> {
        let (n, len) = (self.n, self.n - k);
        self.panel.resize(width * len, T::default());
        for (i, row) in self.a[k * n..].chunks_exact(n).enumerate() {
            row[k..k + width].iter().enumerate().for_each(|(c, x)| self.panel[c * len + i] = *x);
        }
        for c in 0..width {
            let column = &self.panel[c * len..][..len];
            let pivot = (c..len).reduce(|best, i| if column[i].size() > column[best].size() { i } else { best }).unwrap_or(c);
            if column[pivot].size() == 0.0 {
                return Err(KernelError::Singular);
            }
            if pivot != c {
                self.panel.chunks_exact_mut(len).for_each(|column| column.swap(c, pivot));
                swap_rows(&mut self.a, n, k + c, k + pivot);
                swap_rows(x, self.cols, k + c, k + pivot);
            }
            let (column, rest) = self.panel[c * len..].split_at_mut(len);
            vectorised(Column { column: &mut column[c..], rest, len });
        }
        for (i, row) in self.a[k * n..].chunks_exact_mut(n).enumerate() {
            row[k..k + width].iter_mut().enumerate().for_each(|(c, x)| *x = self.panel[c * len + i]);
        }
        Ok(())
    }

    fn copy_left(&mut self, rows: Range<usize>, columns: Range<usize>) {
        self.left.clear();
        for row in self.a[rows.start * self.n..rows.end * self.n].chunks_exact(self.n) {
            self.left.extend(row[columns.clone()].iter().map(|x| x.minus()));
        }
    }

    /// Takes the lower factor off `x`.
    fn forward(&mut self, x: &mut [T]) {
        let (n, cols) = (self.n, self.cols);
        for row in (0..n).step_by(PANEL) {
            let end = n.min(row + PANEL);
            self.copy_left(row..end, 0..end);
            let (done, now) = x.split_at_mut(row * cols);
            let left = Matrix { data: &self.left, rows: end - row, cols: row, row_stride: end, col_stride: 1 };
            let right = Matrix { data: done, rows: row, cols, row_stride: cols, col_stride: 1 };
            lower(left, right, (now, cols), &mut self.packed);
        }
    }

    /// Takes the upper factor off `x`.
    fn backward(&mut self, x: &mut [T]) {
        let (n, cols) = (self.n, self.cols);
        for row in (0..n).step_by(PANEL).rev() {
            let (end, wide) = (n.min(row + PANEL), n - row);
            self.copy_left(row..end, row..n);
            let (now, done) = x.split_at_mut(end * cols);
            let now = &mut now[row * cols..];
            if end < n && cols > 0 {
                let left =
                    Matrix { data: &self.left[end - row..], rows: end - row, cols: n - end, row_stride: wide, col_stride: 1 };
                let right = Matrix { data: done, rows: n - end, cols, row_stride: cols, col_stride: 1 };
                T::add_product(left, right, (now, cols), &mut self.packed);
            }
            for i in (0..end - row).rev() {
                let (above, own) = now.split_at_mut(i * cols);
                own[..cols].iter_mut().for_each(|x| *x = x.over(self.a[(row + i) * n + row + i]));
                for (j, above) in above.chunks_exact_mut(cols.max(1)).enumerate() {
                    vectorised(Add { to: above, factor: self.left[j * wide + i], row: &own[..cols] });
                }
            }
        }
    }
}

/// Takes the rows of a lower factor, whose sign is turned and whose triangle follows the columns of `left`, off as many rows;
/// `done` are the rows before them.
fn lower<T: Field>(left: Matrix<'_, T>, done: Matrix<'_, T>, (now, stride): (&mut [T], usize), packed: &mut T::Packed) {
    let cols = done.cols;
    if left.cols > 0 && cols > 0 {
        T::add_product(left, done, (&mut *now, stride), packed);
    }
    for i in 1..left.rows {
        let (above, own) = now.split_at_mut(i * stride);
        for j in 0..i {
            let factor = left.data[i * left.row_stride + left.cols + j];
            vectorised(Add { to: &mut own[..cols], factor, row: &above[j * stride..][..cols] });
        }
    }
}

fn swap_rows<T>(matrix: &mut [T], cols: usize, low: usize, high: usize) {
    let (above, below) = matrix.split_at_mut(high * cols);
    above[low * cols..(low + 1) * cols].swap_with_slice(&mut below[..cols]);
}

/// The elements below a pivot, which is the first, become factors, and so many times the pivot's row is taken from the columns behind.
struct Column<'a, T> {
    column: &'a mut [T],
    rest: &'a mut [T],
    len: usize,
}

impl<T: Field> Loop for Column<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Some((pivot, factors)) = self.column.split_first_mut() else { return };
        factors.iter_mut().for_each(|x| *x = x.over(*pivot));
        for column in self.rest.chunks_exact_mut(self.len) {
            let (done, below) = column.split_at_mut(self.len - factors.len());
            let top = done[done.len() - 1].minus();
            below.iter_mut().zip(&*factors).for_each(|(x, factor)| *x = x.plus_product(*factor, top));
        }
    }
}

/// `to += factor * row`
struct Add<'a, T> {
    to: &'a mut [T],
    factor: T,
    row: &'a [T],
}

impl<T: Field> Loop for Add<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.to.iter_mut().zip(self.row).for_each(|(x, y)| *x = x.plus_product(self.factor, *y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::{Isa, with_isa};

    /// Numbers without a pattern, so that pivots are in other rows.
    fn numbers(count: usize) -> impl Iterator<Item = f64> {
        (1..=count as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / f64::from(1 << 23) - 1.0)
    }

    /// The largest part of a right side that its solution leaves, for unknowns of about 1.
    fn rest<T: Field>(n: usize, cols: usize, element: impl Fn(f64) -> T) -> f64 {
        let a: Vec<T> = numbers(n * n).map(&element).collect();
        let b: Vec<T> = numbers(n * (n + cols)).skip(n * n).map(&element).collect();
        let x = solve(&Block::from_slice(&a, &[n, n]), &Block::from_slice(&b, &[n, cols])).unwrap();
        let x = x.as_slice::<T>();
        let largest = x.iter().fold(1.0, |largest: f64, x| largest.max(x.size()));
        let left =
            |(i, c): (usize, usize)| (0..n).fold(b[i * cols + c], |b, k| b.plus_product(a[i * n + k].minus(), x[k * cols + c]));
        (0..n)
            .flat_map(|i| (0..cols).map(move |c| (i, c)))
            .map(|at| left(at).size() / largest / n.max(1) as f64)
            .fold(0.0, f64::max)
    }

    #[test]
    fn solutions_of_all_sizes_leave_nothing_of_the_right_side() {
        for n in [0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 100, 130] {
            for cols in [0, 1, 3, 20, 70] {
                assert!(rest(n, cols, |x| x) < 1e-14, "{n}, {cols}");
                assert!(rest(n, cols, |x| x as f32) < 1e-5, "{n}, {cols}");
                assert!(rest(n, cols, |x| c128::new(x, x * x - 0.5)) < 1e-14, "{n}, {cols}");
                assert!(rest(n, cols, |x| c64::new(x as f32, 0.5)) < 1e-5, "{n}, {cols}");
            }
        }
    }

    #[test]
    fn every_isa_with_fused_products_gives_the_same_bits() {
        let (a, b): (Vec<f64>, Vec<f64>) = (numbers(100 * 100).collect(), numbers(100).collect());
        let (a, b) = (Block::from_slice(&a, &[100, 100]), Block::from_slice(&b, &[100]));
        let bits = |isa| with_isa(isa, || solve(&a, &b)).unwrap();
        let fused: Vec<Block> = Isa::available().filter(|isa| *isa != Isa::Base).map(bits).collect();
        assert!(fused.windows(2).all(|w| w[0].bytes() == w[1].bytes()));
    }

    #[test]
    fn systems_of_a_stack_are_solved_one_by_one() {
        let a: Vec<f64> = numbers(2 * 20 * 20).collect();
        let b: Vec<f64> = numbers(2 * 20).collect();
        let all = solve(&Block::from_slice(&a, &[2, 20, 20]), &Block::from_slice(&b, &[2, 20, 1])).unwrap();
        for i in 0..2 {
            let (a, b) = (Block::from_slice(&a[i * 400..][..400], &[20, 20]), Block::from_slice(&b[i * 20..][..20], &[20]));
            assert_eq!(solve(&a, &b).unwrap().as_slice::<f64>(), &all.as_slice::<f64>()[i * 20..][..20]);
        }
    }

    #[test]
    fn a_late_pivot_of_zero_is_singular_and_nan_stays_in_sight() {
        let n = 40;
        let mut a = vec![0.0; n * n];
        (0..n - 1).for_each(|i| a[i * n + n - 1 - i] = 1.0 + i as f64);
        let b = Block::from_slice(&vec![1.0; n], &[n]);
        assert_eq!(solve(&Block::from_slice(&a, &[n, n]), &b).unwrap_err(), KernelError::Singular);
        a[0] = f64::NAN;
        assert!(solve(&Block::from_slice(&a, &[n, n]), &b).unwrap().as_slice::<f64>()[0].is_nan());
    }
}
