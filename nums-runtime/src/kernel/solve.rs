//! `linalg.solve` for `f32`, `f64`, `c64`, `c128`: elimination with partial pivoting, as LAPACK's `gesv`.
//!
//! Meant for the small systems of one block. A pivot of exactly 0 is `Singular`; the pivot is the element of the column with the
//! largest |re| + |im|, the first of equals.

use super::KernelError;
use super::op::{self, Apply};
use crate::block::Block;
use crate::element::{Element, c64, c128};
use nums_ir::dtype::DType;

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

trait Field: Element {
    fn size(self) -> f64;
    /// `self - a * b`
    fn minus_product(self, a: Self, b: Self) -> Self;
    fn over(self, divisor: Self) -> Self;
}

macro_rules! field {
    ($($t:ident |$x:ident| $size:expr;)*) => {$(
        impl Field for $t {
            fn size(self) -> f64 { let $x = self; f64::from($size) }

            #[inline(always)]
            fn minus_product(self, a: $t, b: $t) -> $t { self - a * b }

            #[inline(always)]
            fn over(self, divisor: $t) -> $t { op::Divide::apply((self, divisor)) }
        }
    )*};
}
field! {
    f32 |x| x.abs();
    f64 |x| x.abs();
    c64 |x| x.re.abs() + x.im.abs();
    c128 |x| x.re.abs() + x.im.abs();
}

fn stack<T: Field>(a: &Block, x: &mut Block, n: usize, cols: usize) -> Result<(), KernelError> {
    if n == 0 {
        return Ok(());
    }
    for (i, a) in a.as_slice::<T>().chunks_exact(n * n).enumerate() {
        let x = &mut x.as_mut_slice::<T>()[i * n * cols..(i + 1) * n * cols];
        eliminate(&mut a.to_vec(), x, n, cols)?;
    }
    Ok(())
}

/// `x = a⁻¹ x`, row-major, destroying `a`.
fn eliminate<T: Field>(a: &mut [T], x: &mut [T], n: usize, cols: usize) -> Result<(), KernelError> {
    for k in 0..n {
        let pivot = (k..n).reduce(|best, i| if a[i * n + k].size() > a[best * n + k].size() { i } else { best }).unwrap_or(k);
        if a[pivot * n + k].size() == 0.0 {
            return Err(KernelError::Singular);
        }
        swap_rows(a, n, k, pivot);
        swap_rows(x, cols, k, pivot);
        for i in k + 1..n {
            let factor = a[i * n + k].over(a[k * n + k]);
            subtract_row(&mut a[..(i + 1) * n], n, i, k, factor, k + 1);
            subtract_row(&mut x[..(i + 1) * cols], cols, i, k, factor, 0);
        }
    }
    for k in (0..n).rev() {
        for value in &mut x[k * cols..(k + 1) * cols] {
            *value = value.over(a[k * n + k]);
        }
        for i in 0..k {
            let factor = a[i * n + k];
            let (above, row) = x.split_at_mut(k * cols);
            for (value, &solved) in above[i * cols..(i + 1) * cols].iter_mut().zip(&row[..cols]) {
                *value = value.minus_product(factor, solved);
            }
        }
    }
    Ok(())
}

fn swap_rows<T>(matrix: &mut [T], cols: usize, a: usize, b: usize) {
    for c in 0..cols {
        matrix.swap(a * cols + c, b * cols + c);
    }
}

/// Row `i` minus `factor` times row `k` above it, from column `from`.
fn subtract_row<T: Field>(matrix: &mut [T], cols: usize, i: usize, k: usize, factor: T, from: usize) {
    let (above, row) = matrix.split_at_mut(i * cols);
    for (value, &pivot) in row[from..].iter_mut().zip(&above[k * cols + from..(k + 1) * cols]) {
        *value = value.minus_product(factor, pivot);
    }
}
