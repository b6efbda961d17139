//! Slivers: lines of an operand as wide as a register tile, over one panel of terms.
//!
//! An operand that many tiles read is packed: term after term, the lines of a term next to each other, 0 where lines are missing.
//! One that few tiles read is read where it lies, all but the lines that make no whole sliver. No bit depends on which.

use super::tile::{Real, Sliver};
use crate::native::{Loop, vectorised};

/// Whether slivers of a matrix are read where they lie, though every sliver of the other operand reads them again: packing,
/// too, costs as much as some products. Lines whose terms are neighbours stay in the first cache; those of which every term is
/// elsewhere leave it sooner, and pages with it.
pub(super) fn is_direct<T>((line, term): (usize, usize), readers: usize) -> bool {
    match (line, term) {
        (_, 1) => readers <= 64,
        (1, term) if term * size_of::<T>() <= 4096 => readers <= 4,
        (1, _) => readers <= 2,
        _ => false,
    }
}

/// Lines of an operand over a panel of terms.
pub(super) struct Lines<'a, T> {
    pub(super) data: &'a [T],
    pub(super) lines: usize,
    pub(super) line: usize,
    pub(super) term: usize,
}

impl<'a, T: Real> Lines<'a, T> {
    /// As slivers of `width` lines: all packed, or where they lie but for lines that are no whole sliver.
    pub(super) fn slivers(self, width: usize, terms: usize, direct: bool, packed: &'a mut Aligned<T>) -> Slivers<'a, T> {
        let Lines { data, lines, line, term } = self;
        let first = if direct { lines - lines % width } else { 0 };
        let rest = packed.at_least((lines - first).next_multiple_of(width) * terms);
        if first < lines {
            pack(rest, &data[first * line..], (line, lines - first), (term, terms), width);
        }
        Slivers { lines, direct: first, data, line, term, packed: rest, width, terms }
    }
}

/// An operand as a tile reads it.
pub(super) struct Slivers<'a, T> {
    pub(super) lines: usize,
    /// So many lines are read where they lie.
    direct: usize,
    data: &'a [T],
    line: usize,
    term: usize,
    packed: &'a [T],
    width: usize,
    terms: usize,
}

impl<T: Real> Slivers<'_, T> {
    /// The sliver that begins at a line.
    pub(super) fn at(&self, line: usize) -> Sliver<'_, T> {
        match line.checked_sub(self.direct) {
            None => Sliver { data: &self.data[line * self.line..], line: self.line, term: self.term },
            Some(line) => Sliver { data: &self.packed[line * self.terms..], line: 1, term: self.width },
        }
    }
}

/// Elements that begin at a cache line, which is as wide as the widest vector.
#[derive(Debug)]
pub(super) struct Aligned<T> {
    data: Vec<T>,
}

impl<T: Real> Aligned<T> {
    pub(super) fn new() -> Aligned<T> {
        Aligned { data: Vec::new() }
    }

    fn at_least(&mut self, len: usize) -> &mut [T] {
        let spare = 64 / size_of::<T>();
        if self.data.len() < len + spare {
            self.data = vec![T::default(); len + spare];
        }
        let start = self.data.as_ptr().align_offset(64).min(spare);
        &mut self.data[start..start + len]
    }
}

/// Slivers of `width` lines side by side: term after term, the lines of a term next to each other; missing lines are 0.
fn pack<T: Real>(to: &mut [T], from: &[T], lines: (usize, usize), terms: (usize, usize), width: usize) {
    match width {
        4 => vectorised(Pack::<T, 4> { to, from, lines, terms }),
        8 => vectorised(Pack::<T, 8> { to, from, lines, terms }),
        12 => vectorised(Pack::<T, 12> { to, from, lines, terms }),
        16 => vectorised(Pack::<T, 16> { to, from, lines, terms }),
        24 => vectorised(Pack::<T, 24> { to, from, lines, terms }),
        32 => vectorised(Pack::<T, 32> { to, from, lines, terms }),
        48 => vectorised(Pack::<T, 48> { to, from, lines, terms }),
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
