//! `A.T @ B` of tall matrices with few columns: the products of normal equations and Hessians.
//!
//! A library packs for outputs that are large; here the output is small and the long axis is contracted, so the work is one
//! pass over both operands. A panel of rows is padded to whole register tiles and summed row after row; panels are joined in
//! the tree of `reduce`. No fused multiply-add: the bits are the same on every machine.

use super::super::op::{self, Apply};
use super::super::reduce::{Counter, PANEL, join_rows};
use super::Field;
use crate::native::{Loop, vectorised};

/// Columns of either operand at the most: the panel's products stay in the first cache.
const WIDTH: usize = 128;
/// Rows below which the library is as good.
const TALL: usize = 256;
/// A register tile: rows and columns of the output.
const TILE: (usize, usize) = (8, 16);

/// Whether `(k × m).T @ (k × n)` is a product for this file.
pub(super) fn fits(k: usize, m: usize, n: usize) -> bool {
    k >= TALL && m <= WIDTH && n <= WIDTH
}

/// `out[i, j] = Σ a[k, i] · b[k, j]`; both operands have their rows one after the other.
pub(super) fn product<T: Field>(a: &[T], m: usize, b: &[T], n: usize, out: &mut [T])
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    let (tall, wide) = (m.next_multiple_of(TILE.0), n.next_multiple_of(TILE.1));
    let (mut left, mut right) = (vec![T::default(); PANEL * tall], vec![T::default(); PANEL * wide]);
    let mut sums = vec![T::default(); tall * wide];
    let mut counter = Counter::<op::Add, Vec<T>>::new();
    for (a, b) in a.chunks(PANEL * m).zip(b.chunks(PANEL * n)) {
        let rows = a.len() / m;
        pad(a, m, tall, &mut left);
        pad(b, n, wide, &mut right);
        let (left, right) = (&left[..rows * tall], &right[..rows * wide]);
        vectorised(Panel { left, tall, right, wide, sums: &mut sums });
        counter.push(sums.clone(), join_rows::<op::Add, T>);
    }
    if let Some(total) = counter.take(join_rows::<op::Add, T>) {
        for (out, row) in out.chunks_exact_mut(n).zip(total.chunks_exact(wide)) {
            out.copy_from_slice(&row[..n]);
        }
    }
}

/// Rows of `from` elements into rows of `to`; the rest of each stays 0.
fn pad<T: Copy>(rows: &[T], from: usize, to: usize, padded: &mut [T]) {
    for (to, from) in padded.chunks_exact_mut(to).zip(rows.chunks_exact(from)) {
        to[..from.len()].copy_from_slice(from);
    }
}

struct Panel<'a, T> {
    left: &'a [T],
    tall: usize,
    right: &'a [T],
    wide: usize,
    sums: &'a mut [T],
}

impl<T: Field> Loop for Panel<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for i in (0..self.tall).step_by(TILE.0) {
            for j in (0..self.wide).step_by(TILE.1) {
                let mut tile = [[T::default(); TILE.1]; TILE.0];
                for (x, y) in self.left.chunks_exact(self.tall).zip(self.right.chunks_exact(self.wide)) {
                    let (x, y) = (&x[i..i + TILE.0], &y[j..j + TILE.1]);
                    for (sums, &x) in tile.iter_mut().zip(x) {
                        for (sum, &y) in sums.iter_mut().zip(y) {
                            *sum = op::Add::apply((*sum, op::Multiply::apply((x, y))));
                        }
                    }
                }
                for (r, sums) in tile.iter().enumerate() {
                    self.sums[(i + r) * self.wide + j..][..TILE.1].copy_from_slice(sums);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::product;
    use crate::native::{Isa, with_isa};

    /// Small integers, so that every order of summation is exact.
    fn matrix(rows: usize, cols: usize) -> Vec<f64> {
        (0..rows * cols).map(|i| ((i * 7919) % 23) as f64 - 11.0).collect()
    }

    fn check(k: usize, m: usize, n: usize) {
        let (a, b) = (matrix(k, m), matrix(k, n));
        let mut want = vec![0.0; m * n];
        for r in 0..k {
            for i in 0..m {
                for j in 0..n {
                    want[i * n + j] += a[r * m + i] * b[r * n + j];
                }
            }
        }
        for isa in Isa::available() {
            let mut got = vec![0.0; m * n];
            with_isa(isa, || product(&a, m, &b, n, &mut got));
            assert_eq!(got, want, "{k} rows, {m} by {n} on {isa:?}");
        }
    }

    #[test]
    fn widths_that_are_no_tiles_and_rows_that_are_no_panels() {
        for (k, m, n) in [(256, 8, 16), (1000, 31, 31), (257, 1, 2), (300, 128, 3), (513, 5, 128)] {
            check(k, m, n);
        }
    }

    #[test]
    fn every_isa_gives_the_same_bits() {
        let a: Vec<f64> = (0..999 * 7).map(|i| (i as f64).sin()).collect();
        let bits = |isa| {
            let mut out = vec![0.0; 49];
            with_isa(isa, || product(&a, 7, &a, 7, &mut out));
            out.iter().map(|x: &f64| x.to_bits()).collect::<Vec<_>>()
        };
        let base = bits(Isa::Base);
        assert!(Isa::available().into_iter().all(|isa| bits(isa) == base));
    }
}
