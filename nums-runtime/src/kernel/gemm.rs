//! Products of two matrices of floats: fixed panels of the contracted axis, packed, in register tiles.
//!
//! The rule of the sum, which nothing else may change: the contracted axis falls into panels of `PANEL_K`; inside a panel each
//! element of the result starts at 0 and takes its terms in order, with one fused multiply-add each where the machine has FMA
//! (a product and a sum where it has not: the two numeric classes); panels are added to the result in order. So the bits
//! depend on the sizes alone, not on tile, vector width or thread, and a caller that feeds whole panels one after another
//! (`accumulate`) gets the bits of one call. `gemm/tile.rs` has the register tiles of each instruction set.

mod tile;

pub(super) use tile::Real;

use crate::native::{Isa, Loop, vectorised};

/// Terms of a panel of the contracted axis.
pub(super) const PANEL_K: usize = 256;
/// Rows of the left operand that are packed at a time: with a panel they fill half of a second-level cache.
const BLOCK_M: usize = 192;
/// Columns of the right operand that are packed at a time.
const BLOCK_N: usize = 1024;

/// A matrix of a block, by its strides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<T> Matrix<'_, T> {
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
        Packed { left: Aligned { data: Vec::new() }, right: Aligned { data: Vec::new() } }
    }
}

/// Elements that begin at a cache line, which is as wide as the widest vector.
#[derive(Debug)]
struct Aligned<T> {
    data: Vec<T>,
}

impl<T: Real> Aligned<T> {
    fn at_least(&mut self, len: usize) -> &mut [T] {
        let spare = 64 / size_of::<T>();
        if self.data.len() < len + spare {
            self.data = vec![T::default(); len + spare];
        }
        let start = self.data.as_ptr().align_offset(64).min(spare);
        &mut self.data[start..start + len]
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
    let tile = T::tile(isa, a.rows);
    for k in (0..a.cols).step_by(PANEL_K) {
        let terms = PANEL_K.min(a.cols - k);
        let mut ahead = Ahead::of(&a, &b, k + terms);
        let accumulate = into.accumulate || k > 0;
        for n in (0..b.cols).step_by(BLOCK_N) {
            let cols = BLOCK_N.min(b.cols - n);
            let right = packed.right.at_least(cols.next_multiple_of(tile.cols) * terms);
            pack(right, &b.data[k * b.row_stride + n * b.col_stride..], (b.col_stride, cols), (b.row_stride, terms), tile.cols);
            for m in (0..a.rows).step_by(BLOCK_M) {
                let rows = BLOCK_M.min(a.rows - m);
                if into.lower && m + rows <= n {
                    continue;
                }
                let left = packed.left.at_least(rows.next_multiple_of(tile.rows) * terms);
                pack(
                    left,
                    &a.data[m * a.row_stride + k * a.col_stride..],
                    (a.row_stride, rows),
                    (a.col_stride, terms),
                    tile.rows,
                );
                for (j, right) in right.chunks_exact(tile.cols * terms).enumerate() {
                    for (i, left) in left.chunks_exact(tile.rows * terms).enumerate() {
                        let (row, col) = (m + i * tile.rows, n + j * tile.cols);
                        if !into.lower || row + tile.rows > col {
                            let size = ((m + rows - row).min(tile.rows), (n + cols - col).min(tile.cols));
                            tile.run((left, right), &mut out[row * stride + col..], stride, size, accumulate, ahead.next(terms));
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

/// Slivers of `width` lines side by side: term after term, the lines of a term next to each other; missing lines are 0.
fn pack<T: Real>(to: &mut [T], from: &[T], lines: (usize, usize), terms: (usize, usize), width: usize) {
    match width {
        4 => vectorised(Pack::<T, 4> { to, from, lines, terms }),
        8 => vectorised(Pack::<T, 8> { to, from, lines, terms }),
        16 => vectorised(Pack::<T, 16> { to, from, lines, terms }),
        24 => vectorised(Pack::<T, 24> { to, from, lines, terms }),
        32 => vectorised(Pack::<T, 32> { to, from, lines, terms }),
        _ => unreachable!("the width of a tile"),
    }
}

/// `pack` for slivers of `W` lines. Lines and terms are given as their stride and their number.
struct Pack<'a, T, const W: usize> {
    to: &'a mut [T],
    from: &'a [T],
    lines: (usize, usize),
    terms: (usize, usize),
}

impl<T: Real, const W: usize> Loop for Pack<'_, T, W> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let ((line, lines), (term, terms)) = (self.lines, self.terms);
        for (s, sliver) in self.to.chunks_exact_mut(W * terms).enumerate() {
            let from = &self.from[s * W * line..];
            let (sliver, _) = sliver.as_chunks_mut::<W>();
            let here = W.min(lines - s * W);
            if here < W {
                sliver.fill([T::default(); W]);
                for i in 0..here {
                    sliver.iter_mut().zip(from[i * line..].iter().step_by(term.max(1))).for_each(|(to, &x)| to[i] = x);
                }
            } else if line == 1 {
                for (k, to) in sliver.iter_mut().enumerate() {
                    if let Some(line) = from[k * term..].first_chunk() {
                        *to = *line;
                    }
                }
            } else if term == 1 {
                transpose(sliver, from, line, terms);
            } else {
                for (k, to) in sliver.iter_mut().enumerate() {
                    to.iter_mut().zip(from[k * term..].iter().step_by(line)).for_each(|(to, &x)| *to = x);
                }
            }
        }
    }
}

/// Lines whose terms are neighbours, a square at a time: whole cache lines are read and written.
#[inline(always)]
fn transpose<T: Real, const W: usize>(sliver: &mut [[T; W]], from: &[T], line: usize, terms: usize) {
    const SIDE: usize = 8;
    let (squares, rest) = sliver.as_chunks_mut::<SIDE>();
    for (k, square) in squares.iter_mut().enumerate() {
        let mut read = [[T::default(); SIDE]; W];
        for (i, read) in read.iter_mut().enumerate() {
            if let Some(run) = from[i * line + k * SIDE..].first_chunk() {
                *read = *run;
            }
        }
        for (j, to) in square.iter_mut().enumerate() {
            for (to, read) in to.iter_mut().zip(&read) {
                *to = read[j];
            }
        }
    }
    for (k, to) in (terms - rest.len()..).zip(rest) {
        to.iter_mut().zip(from[k..].iter().step_by(line)).for_each(|(to, &x)| *to = x);
    }
}

#[cfg(test)]
mod tests;
