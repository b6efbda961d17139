//! Products of two matrices of floats: fixed panels of the contracted axis in register tiles.
//!
//! The rule of the sum, which nothing else may change: the contracted axis falls into panels of `PANEL_K`; inside a panel each
//! element of the result starts at 0 and takes its terms in order, with one fused multiply-add each where the machine has FMA
//! (a product and a sum where it has not: the two numeric classes); panels are added to the result in order. So the bits
//! depend on the sizes alone, not on tile, vector width or thread, and a caller that feeds whole panels one after another
//! (`accumulate`) gets the bits of one call. `gemm/tile.rs` has the register tiles of each instruction set, `gemm/sliver.rs` how
//! they read the operands.

mod sliver;
mod tile;

pub(super) use tile::Real;

use super::crew::Crew;
use crate::native::Isa;
use sliver::{Aligned, Lines, is_direct};

/// Terms of a panel of the contracted axis.
pub(super) const PANEL_K: usize = 256;
/// Rows of the left operand that are packed at a time.
const BLOCK_M: usize = 1024;
/// Columns of the right operand that are packed at a time: with a panel they fill half of a second-level cache.
const BLOCK_N: usize = 192;

/// How a product is cut inside a task, in words.
pub(super) fn tiles() -> String {
    format!("panels of {PANEL_K} terms, {BLOCK_M} rows by {BLOCK_N} columns at a time")
}

/// A matrix of a block, by its strides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows of a left operand from `row` on, as many as are packed at a time, their terms from `k` on.
    fn row_lines(&self, row: usize, k: usize) -> Lines<'a, T> {
        let data = &self.data[row * self.row_stride + k * self.col_stride..];
        Lines { data, lines: BLOCK_M.min(self.rows - row), line: self.row_stride, term: self.col_stride }
    }

    /// Columns of a right operand, likewise.
    fn col_lines(&self, col: usize, k: usize) -> Lines<'a, T> {
        let data = &self.data[k * self.row_stride + col * self.col_stride..];
        Lines { data, lines: BLOCK_N.min(self.cols - col), line: self.col_stride, term: self.row_stride }
    }

    /// `rows` rows from `row` on.
    fn rows_from(&self, row: usize, rows: usize) -> Matrix<'a, T> {
        Matrix { data: &self.data[(row * self.row_stride).min(self.data.len())..], rows, ..*self }
    }

    /// Whether every element lies inside the data.
    fn is_inside(&self) -> bool {
        self.rows == 0
            || self.cols == 0
            || (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride < self.data.len()
    }
}

/// What becomes of the result's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Into {
    /// The product is added to what is there.
    pub(super) accumulate: bool,
    /// Only tiles that touch the lower triangle are computed; what is above the diagonal is not defined (`mirror`).
    pub(super) lower: bool,
}

/// Buffers for packed panels, kept by a caller with many products.
#[derive(Debug)]
pub(super) struct Packed<T> {
    left: Aligned<T>,
    right: Aligned<T>,
}

impl<T: Real> Packed<T> {
    pub(super) fn new() -> Packed<T> {
        Packed { left: Aligned::new(), right: Aligned::new() }
    }
}

/// `out = a b` or `out += a b` for a C-order `out` of `a.rows` by `b.cols`.
///
/// # Panics
/// When the sizes do not fit each other: callers have checked shapes.
pub(super) fn gemm<T: Real>(isa: Isa, a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], into: Into, packed: &mut Packed<T>) {
    assert!(out.len() == a.rows * b.cols, "sizes of a product");
    if a.cols == 0 && !into.accumulate {
        out.fill(T::default());
    }
    let stride = b.cols;
    gemm_into(isa, a, b, (out, stride), into, packed);
}

/// The same for an `out` whose rows begin `stride` apart.
///
/// # Panics
/// When the sizes do not fit each other: callers have checked shapes.
pub(super) fn gemm_into<T: Real>(
    isa: Isa,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    (out, stride): (&mut [T], usize),
    into: Into,
    packed: &mut Packed<T>,
) {
    assert!(a.is_inside() && b.is_inside() && a.cols == b.rows && (a.rows < 2 || b.cols <= stride), "sizes of a product");
    // One row has no next one.
    let stride = stride.max(b.cols);
    let tile = T::tile(isa, b.cols);
    let flops = 2 * a.rows.saturating_mul(b.cols).saturating_mul(a.cols) / if into.lower { 2 } else { 1 };
    let crew = Crew::of(flops, a.rows / (2 * tile.rows));
    match crew.size() {
        1 => band(isa, (a, 0), b, (out, stride), into, packed),
        _ => shared(isa, a, b, (out, stride), into, crew),
    }
}

/// The product by several threads, each a band of rows.
fn shared<T: Real>(isa: Isa, a: Matrix<'_, T>, b: Matrix<'_, T>, (out, stride): (&mut [T], usize), into: Into, crew: Crew) {
    let tile = T::tile(isa, b.cols);
    let cuts = (0..=crew.size()).map(|i| edge(a.rows, i, crew.size(), into.lower).next_multiple_of(tile.rows).min(a.rows));
    let (cuts, mut rest) = (cuts.collect::<Vec<_>>(), out);
    let bands = cuts.iter().zip(&cuts[1..]).map(|(&from, &to)| {
        let end = ((to - from) * stride).min(rest.len());
        let (own, after) = std::mem::take(&mut rest).split_at_mut(end);
        rest = after;
        (a.rows_from(from, to - from), from, own)
    });
    let bands = bands.collect();
    crew.each(bands, |(a, from, out)| band(isa, (a, from), b, (out, stride), into, &mut Packed::new()));
}

/// Where the `i`-th of `n` bands of rows begins, which have the same work: rows of a lower triangle grow.
fn edge(rows: usize, i: usize, n: usize, lower: bool) -> usize {
    if lower { (rows as f64 * (i as f64 / n as f64).sqrt()) as usize } else { rows * i / n }
}

/// Some rows of the product, from row `first` on.
fn band<T: Real>(
    isa: Isa,
    (a, first): (Matrix<'_, T>, usize),
    b: Matrix<'_, T>,
    (out, stride): (&mut [T], usize),
    into: Into,
    packed: &mut Packed<T>,
) {
    let tile = T::tile(isa, b.cols);
    let (left, right) = ((a.row_stride, a.col_stride), (b.col_stride, b.row_stride));
    let direct_left = is_direct::<T>(left, b.cols.div_ceil(tile.cols));
    let direct_right = right.0 == 1 && is_direct::<T>(right, a.rows.div_ceil(tile.rows));
    for k in (0..a.cols).step_by(PANEL_K) {
        let terms = PANEL_K.min(a.cols - k);
        let mut ahead = Ahead::of(&a, &b, k + terms);
        let accumulate = into.accumulate || k > 0;
        for m in (0..a.rows).step_by(BLOCK_M) {
            let left = a.row_lines(m, k).slivers(tile.rows, terms, direct_left, &mut packed.left);
            for n in (0..b.cols).step_by(BLOCK_N) {
                if into.lower && first + m + left.lines <= n {
                    break;
                }
                let right = b.col_lines(n, k).slivers(tile.cols, terms, direct_right, &mut packed.right);
                for i in (0..left.lines).step_by(tile.rows) {
                    for j in (0..right.lines).step_by(tile.cols) {
                        let (row, col) = (m + i, n + j);
                        if !into.lower || first + row + tile.rows > col {
                            let size = ((left.lines - i).min(tile.rows), (right.lines - j).min(tile.cols));
                            let out = (&mut out[row * stride + col..], stride);
                            tile.run(terms, (left.at(i), right.at(j)), out, size, accumulate, ahead.next(terms));
                        }
                    }
                }
            }
        }
    }
}

/// The operands' next panels, which are fetched while this one is computed.
struct Ahead<'a, T> {
    rest: [&'a [T]; 2],
}

impl<'a, T> Ahead<'a, T> {
    /// From term `k` on. Only where a panel is a run of memory: elsewhere packing reads ahead well enough.
    fn of(a: &Matrix<'a, T>, b: &Matrix<'a, T>, k: usize) -> Ahead<'a, T> {
        let panel = |data: &'a [T], line: usize, lines: usize, term: usize| {
            let (from, to) = (k * term, (k + PANEL_K) * term);
            if line == 1 && lines == term && from < data.len() { &data[from..to.min(data.len())] } else { &[] }
        };
        Ahead { rest: [panel(a.data, a.row_stride, a.rows, a.col_stride), panel(b.data, b.col_stride, b.cols, b.row_stride)] }
    }

    /// What a tile of so many terms fetches, one cache line a term.
    fn next(&mut self, terms: usize) -> &'a [T] {
        let rest = if self.rest[0].is_empty() { &mut self.rest[1] } else { &mut self.rest[0] };
        let (now, after) = rest.split_at(rest.len().min(terms * 64 / size_of::<T>()));
        *rest = after;
        now
    }
}

/// The lower triangle of a square result copied above its diagonal.
pub(super) fn mirror<T: Copy>(out: &mut [T], n: usize) {
    for row in 1..n {
        for col in 0..row {
            out[col * n + row] = out[row * n + col];
        }
    }
}

#[cfg(test)]
mod tests;
