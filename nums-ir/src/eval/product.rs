//! Sums, products of arrays and `solve`, element by element.
//!
//! A float dot product carries the rounding errors of its products and additions along (Ogita, Rump and Oishi's Dot2): the
//! answer is as exact as twice the precision, then rounded. Integers wrap, booleans are "or" of "and", as in NumPy.

use super::tensor::{Item, Tensor, common_shape};
use crate::contraction::{Contraction, Index};
use crate::ops::MapOp;
use crate::scalar;
use ndarray::{ArrayD, LinalgScalar};
use num_complex::Complex;

/// What a product needs of its elements.
trait Dot: Item {
    /// The neutral factor.
    const ONE: Self;
    /// Sum of the products of two lists.
    fn dot(a: &[Self], b: &[Self]) -> Self;
    /// Sum of a list.
    fn sum(list: &[Self]) -> Self {
        Self::dot(list, &vec![Self::ONE; list.len()])
    }
}

impl Dot for bool {
    const ONE: bool = true;
    fn dot(a: &[bool], b: &[bool]) -> bool {
        a.iter().zip(b).any(|(&a, &b)| a && b)
    }
}

macro_rules! dot_int {
    ($($t:ty)*) => {$(
        impl Dot for $t {
            const ONE: $t = 1;
            fn dot(a: &[$t], b: &[$t]) -> $t {
                a.iter().zip(b).fold(0, |acc: $t, (a, b)| acc.wrapping_add(a.wrapping_mul(*b)))
            }
        }
    )*};
}
dot_int!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! dot_float {
    ($($t:ty)*) => {$(
        impl Dot for $t {
            const ONE: $t = 1.0;
            fn dot(a: &[$t], b: &[$t]) -> $t {
                let (mut sum, mut error): ($t, $t) = (0.0, 0.0);
                for (&a, &b) in a.iter().zip(b) {
                    let product = a * b;
                    let next = sum + product;
                    let rest = next - sum;
                    error += a.mul_add(b, -product) + ((sum - (next - rest)) + (product - rest));
                    sum = next;
                }
                // Where the sum overflows or meets infinity or NaN, its error is NaN and means nothing.
                if error.is_finite() { sum + error } else { sum }
            }
        }
        impl Dot for Complex<$t> {
            const ONE: Complex<$t> = Complex { re: 1.0, im: 0.0 };
            fn dot(a: &[Complex<$t>], b: &[Complex<$t>]) -> Complex<$t> {
                let left = |im: fn(&Complex<$t>) -> $t| a.iter().flat_map(|z| [z.re, im(z)]).collect::<Vec<$t>>();
                let straight: Vec<$t> = b.iter().flat_map(|z| [z.re, z.im]).collect();
                let crossed: Vec<$t> = b.iter().flat_map(|z| [z.im, z.re]).collect();
                Complex { re: <$t>::dot(&left(|z| -z.im), &straight), im: <$t>::dot(&left(|z| z.im), &crossed) }
            }
            // Its product with ones would make NaN of infinity.
            fn sum(list: &[Complex<$t>]) -> Complex<$t> {
                let part = |part: fn(&Complex<$t>) -> $t| <$t>::sum(&list.iter().map(part).collect::<Vec<$t>>());
                Complex { re: part(|z| z.re), im: part(|z| z.im) }
            }
        }
    )*};
}
dot_float!(f32 f64);

/// Runs `$body` with `$x` the array in `$tensor`.
macro_rules! each {
    ($tensor:expr, $x:ident => $body:expr) => {
        match $tensor {
            Tensor::Bool($x) => $body,
            Tensor::I8($x) => $body,
            Tensor::I16($x) => $body,
            Tensor::I32($x) => $body,
            Tensor::I64($x) => $body,
            Tensor::U8($x) => $body,
            Tensor::U16($x) => $body,
            Tensor::U32($x) => $body,
            Tensor::U64($x) => $body,
            Tensor::F32($x) => $body,
            Tensor::F64($x) => $body,
            Tensor::C64($x) => $body,
            Tensor::C128($x) => $body,
        }
    };
}

/// The sum of each row of a matrix, in its dtype.
pub(super) fn sum(matrix: &Tensor) -> Result<Tensor, String> {
    fn of<T: Dot>(x: &ArrayD<T>) -> Result<Tensor, String> {
        let sums: Vec<T> = x.outer_iter().map(|row| T::sum(&row.iter().copied().collect::<Vec<_>>())).collect();
        Tensor::from_vec(&[sums.len()], sums)
    }
    each!(matrix, x => of(x))
}

/// A square matrix whose lower triangle stands above its diagonal as well.
pub(super) fn mirror(x: &Tensor) -> Result<Tensor, String> {
    match *x.shape() {
        [n, m] if n == m => Ok(x.gather(&[n, n], |at| vec![at[0].max(at[1]), at[0].min(at[1])])),
        ref shape => Err(format!("a symmetric product of shape {shape:?}")),
    }
}

/// The products of all operands over the whole index space, result first, and the sums over the rest.
pub(super) fn contract(c: &Contraction, args: &[&Tensor]) -> Result<Tensor, String> {
    let shapes: Vec<&[usize]> = args.iter().map(|x| x.shape()).collect();
    let sizes = c.sizes(&shapes).ok_or_else(|| format!("\"{c}\" of shapes {shapes:?}"))?;
    let rest = c.indices().into_iter().filter(|i| !c.result.contains(i));
    let all: Vec<Index> = c.result.iter().copied().chain(rest).collect();
    let space: Vec<usize> = all.iter().map(|i| sizes[i]).collect();
    let spread = |x: &Tensor, set: &[Index]| {
        let axes: Vec<usize> = set.iter().filter_map(|i| all.iter().position(|a| a == i)).collect();
        x.gather(&space, |at| axes.iter().map(|a| at[*a]).collect())
    };
    let mut product = spread(args[0], &c.operands[0]);
    for (x, set) in args.iter().zip(&c.operands).skip(1) {
        product = super::map::map(MapOp::Multiply, &[&product, &spread(x, set)])?;
    }
    let (kept, summed) = space.split_at(c.result.len());
    sum(&product.reshape(&[kept.iter().product(), summed.iter().product()])?)?.reshape(kept)
}

/// NumPy's `matmul`; a transposed operand has its last two axes swapped, one axis stays.
pub(super) fn matmul(a: &Tensor, trans_a: bool, b: &Tensor, trans_b: bool) -> Result<Tensor, String> {
    let (a, b) = (swap(a, trans_a), swap(b, trans_b));
    let (rank_a, rank_b) = (a.shape().len(), b.shape().len());
    if rank_a == 0 || rank_b == 0 {
        return Err("`matmul` needs at least one axis".to_owned());
    }
    let a = if rank_a == 1 { a.reshape(&[1, a.size()])? } else { a };
    let b = if rank_b == 1 { b.reshape(&[b.size(), 1])? } else { b };
    let (batch_a, ends_a) = a.shape().split_at(a.shape().len() - 2);
    let (batch_b, ends_b) = b.shape().split_at(b.shape().len() - 2);
    let (&[n, k], &[k_b, m]) = (ends_a, ends_b) else { return Err("`matmul` of fewer than two axes".to_owned()) };
    if k != k_b {
        return Err(format!("`matmul`: sizes {k} and {k_b} differ"));
    }
    let batch = common_shape([batch_a, batch_b]).map_err(|why| format!("`matmul`: {why}"))?;
    let a = a.broadcast(&[batch.as_slice(), &[n, k]].concat())?;
    let b = b.broadcast(&[batch.as_slice(), &[k, m]].concat())?;
    let (count, mut shape) = (batch.iter().product(), batch);
    if rank_a > 1 {
        shape.push(n);
    }
    if rank_b > 1 {
        shape.push(m);
    }
    each!(&a, x => products(x, &b, count, [n, k, m])).and_then(|flat| flat.reshape(&shape))
}

fn swap(x: &Tensor, trans: bool) -> Tensor {
    let mut shape = x.shape().to_vec();
    let rank = shape.len();
    if !trans || rank < 2 {
        return x.clone();
    }
    shape.swap(rank - 2, rank - 1);
    x.gather(&shape, |index| {
        let mut source = index.to_vec();
        source.swap(rank - 2, rank - 1);
        source
    })
}

/// The products of `count` pairs of matrices, flat in C order.
fn products<T: Dot>(a: &ArrayD<T>, b: &Tensor, count: usize, [n, k, m]: [usize; 3]) -> Result<Tensor, String> {
    let Some(b) = T::view(b) else { return Err(format!("`matmul` of {} and {}", T::DTYPE, b.dtype())) };
    let (a, b): (Vec<T>, Vec<T>) = (a.iter().copied().collect(), b.iter().copied().collect());
    let mut out = Vec::new();
    for matrix in 0..count {
        let (a, b) = (&a[matrix * n * k..][..n * k], &b[matrix * k * m..][..k * m]);
        for i in 0..n {
            for j in 0..m {
                let column: Vec<T> = (0..k).map(|l| b[l * m + j]).collect();
                out.push(T::dot(&a[i * k..][..k], &column));
            }
        }
    }
    Tensor::from_vec(&[out.len()], out)
}

/// What elimination needs of its elements.
trait Field: Item + LinalgScalar {
    /// Size, to choose a pivot by.
    fn magnitude(self) -> f64;
    /// The quotient.
    fn over(self, other: Self) -> Self;
}

macro_rules! field {
    ($($t:ty)*) => {$(
        impl Field for $t {
            fn magnitude(self) -> f64 { f64::from(self.abs()) }
            fn over(self, other: $t) -> $t { self / other }
        }
        impl Field for Complex<$t> {
            fn magnitude(self) -> f64 { f64::from(self.re.abs()) + f64::from(self.im.abs()) }
            fn over(self, other: Complex<$t>) -> Complex<$t> { scalar::complex_div(self, other) }
        }
    )*};
}
field!(f32 f64);

/// NumPy's `linalg.solve`: `b` is a vector if it has one axis, else matrices; leading axes broadcast.
pub(super) fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor, String> {
    let Some((batch_a, &[n, square])) = a.shape().split_last_chunk::<2>() else {
        return Err("`solve` needs a square matrix".to_owned());
    };
    if n != square {
        return Err(format!("`solve` needs a square matrix, not {n} by {square}"));
    }
    let vector = b.shape().len() == 1;
    let matrix = if vector { b.reshape(&[b.size(), 1])? } else { b.clone() };
    let Some((batch_b, &[rows, m])) = matrix.shape().split_last_chunk::<2>() else {
        return Err("`solve` needs at least one axis".to_owned());
    };
    if rows != n {
        return Err(format!("`solve`: sizes {n} and {rows} differ"));
    }
    let batch = common_shape([batch_a, batch_b]).map_err(|why| format!("`solve`: {why}"))?;
    let a = a.broadcast(&[batch.as_slice(), &[n, n]].concat())?;
    let b = matrix.broadcast(&[batch.as_slice(), &[n, m]].concat())?;
    let sizes = (batch.iter().product(), n, m);
    let x = match (&a, &b) {
        (Tensor::F32(a), Tensor::F32(b)) => solve_all(a, b, sizes),
        (Tensor::F64(a), Tensor::F64(b)) => solve_all(a, b, sizes),
        (Tensor::C64(a), Tensor::C64(b)) => solve_all(a, b, sizes),
        (Tensor::C128(a), Tensor::C128(b)) => solve_all(a, b, sizes),
        (a, b) => Err(format!("`solve` does not compute in ({}, {})", a.dtype(), b.dtype())),
    }?;
    if vector && batch.is_empty() { x.reshape(&[n]) } else { x.reshape(&[batch.as_slice(), &[n, m]].concat()) }
}

fn solve_all<T: Field>(a: &ArrayD<T>, b: &ArrayD<T>, (count, n, m): (usize, usize, usize)) -> Result<Tensor, String> {
    let (mut a, mut b): (Vec<T>, Vec<T>) = (a.iter().copied().collect(), b.iter().copied().collect());
    for matrix in 0..count {
        eliminate(&mut a[matrix * n * n..][..n * n], &mut b[matrix * n * m..][..n * m], n, m)?;
    }
    Tensor::from_vec(&[b.len()], b)
}

/// Gauss with the largest pivot of each column; leaves the solution in `b`.
fn eliminate<T: Field>(a: &mut [T], b: &mut [T], n: usize, m: usize) -> Result<(), String> {
    for col in 0..n {
        let size = |row: usize| a[row * n + col].magnitude();
        let pivot = (col..n).fold(col, |best, row| if size(row) > size(best) { row } else { best });
        if size(pivot) == 0.0 {
            return Err("singular".to_owned());
        }
        (0..n).for_each(|j| a.swap(col * n + j, pivot * n + j));
        (0..m).for_each(|j| b.swap(col * m + j, pivot * m + j));
        for row in col + 1..n {
            let factor = a[row * n + col].over(a[col * n + col]);
            (col..n).for_each(|j| a[row * n + j] = a[row * n + j] - factor * a[col * n + j]);
            (0..m).for_each(|j| b[row * m + j] = b[row * m + j] - factor * b[col * m + j]);
        }
    }
    for row in (0..n).rev() {
        for j in 0..m {
            let known = (row + 1..n).fold(b[row * m + j], |acc, l| acc - a[row * n + l] * b[l * m + j]);
            b[row * m + j] = known.over(a[row * n + row]);
        }
    }
    Ok(())
}

/// A factor of a matrix by plane rotations, in the order of columns: another method than the kernels', so that Q and R agree with
/// theirs but for rounding and the signs of rows, which are those of Householder's method (a negative diagonal where the
/// column began positive).
pub(super) fn qr(x: &Tensor, want_q: bool) -> Result<Tensor, String> {
    let &[m, n] = x.shape() else { return Err(format!("`qr` is of one matrix, not of shape {:?}", x.shape())) };
    let k = m.min(n);
    let mut r: Vec<f64> = match x {
        Tensor::F32(a) => a.iter().map(|v| f64::from(*v)).collect(),
        Tensor::F64(a) => a.iter().copied().collect(),
        other => return Err(format!("`qr` does not compute in {}", other.dtype())),
    };
    // Q transposed, whole.
    let mut q = vec![0.0; m * m];
    (0..m).for_each(|i| q[i * m + i] = 1.0);
    for col in 0..k {
        let began = r[col * n + col];
        for row in (col + 1..m).rev() {
            let (a, b) = (r[col * n + col], r[row * n + col]);
            if b == 0.0 {
                continue;
            }
            let length = a.hypot(b);
            let (c, s) = (a / length, b / length);
            for (matrix, width) in [(&mut r, n), (&mut q, m)] {
                for j in 0..width {
                    let (top, low) = (matrix[col * width + j], matrix[row * width + j]);
                    matrix[col * width + j] = c * top + s * low;
                    matrix[row * width + j] = c * low - s * top;
                }
            }
            r[row * n + col] = 0.0;
        }
        // Householder's method gives the diagonal the sign that the column did not begin with; the last row of a square matrix
        // has nothing below it and keeps its own.
        if col + 1 < m && (r[col * n + col] > 0.0) == (began > 0.0) {
            (0..n).for_each(|j| r[col * n + j] = -r[col * n + j]);
            (0..m).for_each(|j| q[col * m + j] = -q[col * m + j]);
        }
    }
    let (shape, wide) = if want_q {
        ([m, k], (0..m * k).map(|at| q[at % k * m + at / k]).collect::<Vec<f64>>())
    } else {
        ([k, n], r[..k * n].to_vec())
    };
    match x {
        Tensor::F32(_) => Tensor::from_vec(&shape, wide.iter().map(|v| *v as f32).collect()),
        _ => Tensor::from_vec(&shape, wide),
    }
}
