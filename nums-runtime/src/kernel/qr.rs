//! QR of one block: Householder's method on panels that stay in the cache, joined as a tall and skinny QR.
//!
//! A tall block falls into panels of rows. Each is factored by itself, column by column; the triangles of all panels, under each
//! other, are factored the same way; and the Q of a panel is its own times its rows of the Q of the triangles. So no pass over
//! the block is repeated a column, and Q is orthogonal to rounding however ill-conditioned the block is. Panels depend on the
//! sizes alone. R has the signs that Householder's method gives it, as LAPACK's and NumPy's.

use super::KernelError;
use super::gemm::{Into, Matrix, Packed, Real, gemm};
use crate::block::Block;
use crate::native::{Loop, isa, vectorised};
use nums_ir::dtype::DType;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Sums kept side by side in a dot product.
const LANES: usize = 16;
/// Columns that a reflection takes at a time.
const SIDE: usize = 4;
/// Rows of a panel at the least: with 32 columns it fits in a second-level cache several times.
const PANEL: usize = 256;

/// What a factorisation needs of its elements.
pub(super) trait Field:
    Real + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> + PartialOrd
{
    const ZERO: Self;
    const ONE: Self;
    /// Squares of numbers between these neither overflow nor vanish.
    const SAFE: (Self, Self);
    fn root(self) -> Self;
    fn size(self) -> Self;
}

macro_rules! fields {
    ($($t:ident $low:literal $high:literal)*) => {$(
        impl Field for $t {
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            const SAFE: ($t, $t) = ($low, $high);
            fn root(self) -> $t { self.sqrt() }
            fn size(self) -> $t { self.abs() }
        }
    )*};
}
fields!(f32 1e-12 1e12 f64 1e-120 1e120);

/// Q (`m × k`) and R (`k × n`) of a block of `m × n`, with `k` the smaller of both; those that are wanted, in this order.
pub(super) fn qr(x: &Block, want_q: bool, want_r: bool) -> Result<Vec<Block>, KernelError> {
    let &[m, n] = x.shape() else {
        return Err(KernelError::mismatch("qr", format!("a block of shape {:?}, expected a matrix", x.shape())));
    };
    let k = m.min(n);
    macro_rules! of {
        ($t:ident) => {{
            let mut q = Block::stale(x.dtype(), &[if want_q { m } else { 0 }, k]);
            let mut r = Block::zeros(x.dtype(), &[k, n]);
            let rows = want_q.then(|| q.as_mut_slice::<$t>());
            factor::<$t>(x.as_slice(), (m, n), rows, r.as_mut_slice());
            Ok([want_q.then_some(q), want_r.then_some(r)].into_iter().flatten().collect())
        }};
    }
    match x.dtype() {
        DType::F32 => of!(f32),
        DType::F64 => of!(f64),
        other => Err(KernelError::Unsupported(format!("`qr` of {other}"))),
    }
}

/// Factors `a` (`m × n`, rows in memory) into `q` and a zeroed `r`.
fn factor<T: Field>(a: &[T], (m, n): (usize, usize), mut q: Option<&mut [T]>, r: &mut [T]) {
    let height = PANEL.max(4 * n);
    if n == 0 || m < 2 * height {
        let mut panel = Panel::new(a, (m, n));
        panel.reduce();
        panel.triangle(r);
        if let Some(q) = q {
            panel.orthogonal(q);
        }
        return;
    }
    // The last panel takes what is left over, so that all have at least as many rows as columns.
    let panels = m / height;
    let end = |p: usize| if p + 1 == panels { m } else { (p + 1) * height };
    let mut triangles = vec![T::ZERO; panels * n * n];
    for p in 0..panels {
        let rows = p * height..end(p);
        let mut panel = Panel::new(&a[rows.start * n..rows.end * n], (rows.len(), n));
        panel.reduce();
        panel.triangle(&mut triangles[p * n * n..][..n * n]);
        if let Some(q) = &mut q {
            panel.orthogonal(&mut q[rows.start * n..rows.end * n]);
        }
    }
    let mut joined = vec![T::ZERO; if q.is_some() { panels * n * n } else { 0 }];
    factor(&triangles, (panels * n, n), q.is_some().then_some(&mut joined[..]), r);
    let Some(q) = q else { return };
    let (mut packed, mut own) = (Packed::new(), Vec::new());
    for p in 0..panels {
        let rows = p * height..end(p);
        let q = &mut q[rows.start * n..rows.end * n];
        own.clear();
        own.extend_from_slice(q);
        let left = Matrix { data: &own, rows: rows.len(), cols: n, row_stride: n, col_stride: 1 };
        let right = Matrix { data: &joined[p * n * n..][..n * n], rows: n, cols: n, row_stride: n, col_stride: 1 };
        gemm(isa(), left, right, q, Into { accumulate: false, lower: false }, &mut packed);
    }
}

/// A panel by columns; after `reduce` the triangle above the diagonal and the reflections below it, each with a leading 1.
struct Panel<T> {
    columns: Vec<T>,
    factors: Vec<T>,
    m: usize,
    n: usize,
}

impl<T: Field> Panel<T> {
    fn new(rows: &[T], (m, n): (usize, usize)) -> Panel<T> {
        let mut columns = vec![T::ZERO; m * n];
        for (i, row) in rows.chunks_exact(n.max(1)).enumerate() {
            for (j, &x) in row.iter().enumerate() {
                columns[j * m + i] = x;
            }
        }
        Panel { columns, factors: vec![T::ZERO; m.min(n)], m, n }
    }

    fn reduce(&mut self) {
        for j in 0..self.m.min(self.n) {
            let (head, tail) = self.columns.split_at_mut((j + 1) * self.m);
            let v = &mut head[j * self.m + j..];
            self.factors[j] = reflection(v);
            let diagonal = std::mem::replace(&mut v[0], T::ONE);
            reflect(v, self.factors[j], tail, self.m, j);
            v[0] = diagonal;
        }
    }

    /// The rows of R.
    fn triangle(&self, r: &mut [T]) {
        for (i, row) in r.chunks_exact_mut(self.n.max(1)).enumerate() {
            for (j, x) in row.iter_mut().enumerate().skip(i) {
                *x = self.columns[j * self.m + i];
            }
        }
    }

    /// The rows of Q: the reflections, last one first, of the first columns of the identity.
    fn orthogonal(&mut self, q: &mut [T]) {
        let (m, k) = (self.m, self.m.min(self.n));
        for j in (0..k).rev() {
            let (head, tail) = self.columns[..k * m].split_at_mut((j + 1) * m);
            let column = &mut head[j * m..];
            let factor = self.factors[j];
            column[j] = T::ONE;
            reflect(&column[j..], factor, tail, m, j);
            column[..j].fill(T::ZERO);
            column[j] = T::ONE - factor;
            column[j + 1..].iter_mut().for_each(|x| *x = -(factor * *x));
        }
        for (i, row) in q.chunks_exact_mut(k.max(1)).enumerate() {
            for (j, x) in row.iter_mut().enumerate() {
                *x = self.columns[j * m + i];
            }
        }
    }
}

/// The reflection that leaves of `v` its first element: `v` becomes that element and the rest of the reflection's vector, whose
/// first element is 1. What is given back is the reflection's factor.
fn reflection<T: Field>(v: &mut [T]) -> T {
    let largest = v[1..].iter().fold(T::ZERO, |a, x| if x.size() > a { x.size() } else { a });
    let unknown = v[1..].iter().any(|x| x.size() != x.size());
    if largest == T::ZERO && !unknown {
        return T::ZERO;
    }
    let alpha = v[0];
    // Far from 1 the squares are taken of scaled elements.
    let far = largest < T::SAFE.0 || largest > T::SAFE.1 || alpha.size() > T::SAFE.1;
    let scale = if far { if alpha.size() > largest { alpha.size() } else { largest } } else { T::ONE };
    if far {
        v.iter_mut().for_each(|x| *x = *x / scale);
    }
    let norm = vectorised(Dot::<T, 1> { v, columns: v, stride: 0, at: 0 })[0].root();
    let beta = if v[0] > T::ZERO { -norm } else { norm };
    let factor = (beta - v[0]) / beta;
    let below = v[0] - beta;
    v[1..].iter_mut().for_each(|x| *x = *x / below);
    v[0] = beta * scale;
    factor
}

/// Reflects the columns from row `from` on.
fn reflect<T: Field>(v: &[T], factor: T, columns: &mut [T], m: usize, from: usize) {
    if factor == T::ZERO {
        return;
    }
    let n = columns.len() / m.max(1);
    let mut j = 0;
    while j + SIDE <= n {
        vectorised(Reflect::<T, SIDE> { v, factor, columns: &mut columns[j * m..][..SIDE * m], stride: m, at: from });
        j += SIDE;
    }
    for j in j..n {
        vectorised(Reflect::<T, 1> { v, factor, columns: &mut columns[j * m..][..m], stride: m, at: from });
    }
}

/// `v` times some columns from row `at` on.
struct Dot<'a, T, const N: usize> {
    v: &'a [T],
    columns: &'a [T],
    stride: usize,
    at: usize,
}

impl<T: Field, const N: usize> Loop for Dot<'_, T, N> {
    type Out = [T; N];

    #[inline(always)]
    fn run(self) -> [T; N] {
        let columns: [&[T]; N] = std::array::from_fn(|c| &self.columns[c * self.stride + self.at..][..self.v.len()]);
        let mut lanes = [[T::ZERO; LANES]; N];
        let mut parts = self.v.chunks_exact(LANES);
        let mut i = 0;
        for v in &mut parts {
            for (lanes, column) in lanes.iter_mut().zip(&columns) {
                for (lane, (&x, &y)) in lanes.iter_mut().zip(v.iter().zip(&column[i..i + LANES])) {
                    *lane = *lane + x * y;
                }
            }
            i += LANES;
        }
        for (lanes, column) in lanes.iter_mut().zip(&columns) {
            for (lane, (&x, &y)) in lanes.iter_mut().zip(parts.remainder().iter().zip(&column[i..])) {
                *lane = *lane + x * y;
            }
        }
        lanes.map(|mut lanes| {
            let mut width = LANES / 2;
            while width > 0 {
                for l in 0..width {
                    lanes[l] = lanes[l] + lanes[l + width];
                }
                width /= 2;
            }
            lanes[0]
        })
    }
}

/// The reflection of some columns.
struct Reflect<'a, T, const N: usize> {
    v: &'a [T],
    factor: T,
    columns: &'a mut [T],
    stride: usize,
    at: usize,
}

impl<T: Field, const N: usize> Loop for Reflect<'_, T, N> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Reflect { v, factor, columns, stride, at } = self;
        let sums = Dot::<T, N> { v, columns, stride, at }.run();
        for (column, sum) in columns.chunks_exact_mut(stride).zip(sums) {
            let by = factor * sum;
            for (x, &v) in column[at..].iter_mut().zip(v) {
                *x = *x - by * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::qr;
    use crate::block::Block;
    use crate::native::{Isa, with_isa};
    use nums_ir::dtype::DType;

    /// A matrix whose columns differ from one another by less and less: condition about `10^digits`.
    fn matrix(m: usize, n: usize, digits: f64) -> Block {
        let x = |i: usize, j: usize| {
            let noise = ((i * 7919 + j * 104_729) % 10_007) as f64 / 10_007.0 - 0.5;
            (i as f64 * 0.37).sin() + noise * 10f64.powf(-digits * j as f64 / n as f64)
        };
        let x: Vec<f64> = (0..m * n).map(|at| x(at / n, at % n)).collect();
        Block::from_slice(&x, &[m, n])
    }

    /// The largest errors of `QᵀQ = I` and of `QR = A`, the latter beside the largest element.
    fn errors(a: &Block, q: &Block, r: &Block) -> (f64, f64) {
        let (&[m, n], &[_, k]) = (a.shape(), q.shape()) else { panic!("matrices") };
        let (x, q, r) = (a.as_slice::<f64>(), q.as_slice::<f64>(), r.as_slice::<f64>());
        let (mut orthogonal, mut product) = (0f64, 0f64);
        for i in 0..k {
            for j in 0..k {
                let dot: f64 = (0..m).map(|t| q[t * k + i] * q[t * k + j]).sum();
                orthogonal = orthogonal.max((dot - f64::from(u8::from(i == j))).abs());
            }
        }
        let largest = x.iter().fold(0f64, |a, x| a.max(x.abs()));
        for i in 0..m {
            for j in 0..n {
                let sum: f64 = (0..k).map(|t| q[i * k + t] * r[t * n + j]).sum();
                product = product.max((sum - x[i * n + j]).abs() / largest);
            }
        }
        (orthogonal, product)
    }

    #[test]
    fn q_is_orthogonal_and_the_product_is_the_matrix() {
        for (m, n, digits) in
            [(1, 1, 0.0), (5, 3, 1.0), (3, 5, 1.0), (300, 7, 10.0), (3000, 32, 10.0), (2111, 5, 15.0), (64, 64, 3.0)]
        {
            let a = matrix(m, n, digits);
            let [q, r] = &qr(&a, true, true).unwrap()[..] else { panic!("two blocks") };
            assert_eq!((q.shape(), r.shape()), (&[m, m.min(n)][..], &[m.min(n), n][..]));
            let (orthogonal, product) = errors(&a, q, r);
            assert!(orthogonal < 1e-13 && product < 1e-13, "{m} × {n}: {orthogonal:e}, {product:e}");
            let r = r.as_slice::<f64>();
            assert!((0..m.min(n)).all(|i| r[i * n..i * n + i].iter().all(|x| *x == 0.0)), "R is a triangle");
            assert_eq!(qr(&a, false, true).unwrap()[0].as_slice::<f64>(), r, "R alone is the same");
        }
    }

    #[test]
    fn every_isa_with_fused_products_gives_the_same_bits() {
        let a = matrix(3000, 9, 5.0);
        let run = |isa| with_isa(isa, || qr(&a, true, true).unwrap().iter().map(|b| b.bytes().to_vec()).collect::<Vec<_>>());
        for isa in Isa::available().filter(|isa| isa.class() == Isa::detected().class()) {
            assert_eq!(run(isa), run(Isa::detected()), "{isa:?}");
        }
    }

    #[test]
    fn extreme_sizes_zeros_and_nothing() {
        for scale in [1e-200, 1e200] {
            let mut a = matrix(40, 3, 1.0);
            a.as_mut_slice::<f64>().iter_mut().for_each(|x| *x *= scale);
            let [q, r] = &qr(&a, true, true).unwrap()[..] else { panic!("two blocks") };
            let (orthogonal, product) = errors(&a, q, r);
            assert!(orthogonal < 1e-13 && product < 1e-13, "{scale:e}: {orthogonal:e}, {product:e}");
        }
        let zeros = qr(&Block::zeros(DType::F64, &[6, 2]), true, true).unwrap();
        assert_eq!(zeros[0].as_slice::<f64>()[..4], [1.0, 0.0, 0.0, 1.0]);
        for shape in [[0, 3], [3, 0]] {
            let none = qr(&Block::zeros(DType::F32, &shape), true, true).unwrap();
            assert_eq!((none[0].shape(), none[1].shape()), (&[shape[0], 0][..], &[0, shape[1]][..]));
        }
        assert!(qr(&Block::zeros(DType::I64, &[2, 2]), true, true).is_err());
        assert!(qr(&Block::zeros(DType::F64, &[2]), true, true).is_err());
    }
}
