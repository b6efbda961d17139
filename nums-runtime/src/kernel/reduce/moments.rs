//! Count, sum, and sum of squared deviations from the mean, in one pass: `ReduceOp::Moments`.
//!
//! The sums are those of `ReduceOp::Sum`, to the last bit. Beside them panels of elements take Welford's steps (each lane or
//! column keeps its mean, and the squares of what is left), and panels are joined by Chan's formula in the tree of `Counter`.
//! Nothing is ever a sum of squares minus a square. Pieces of any length give the same bits, as for every reduction.

use super::{Counter, PANEL, ROWS, Reduction, reduction};
use crate::element::{Element, Slice, SliceMut};
use crate::kernel::KernelError;
use crate::kernel::op;
use crate::native::{Loop, vectorised};
use nums_ir::ops::ReduceOp;
use nums_ir::scalar::Moments as Triple;
use nums_ir::scalar::Spread;

/// Lanes of a panel of neighbours: enough for the steps of several vectors to run beside each other.
const LANES: usize = 32;
/// Elements of a panel of neighbours.
const NEIGHBOURS: usize = 8 * PANEL;
/// Rows of a panel of rows.
const PANEL_ROWS: usize = 4 * ROWS;
/// Columns that stay in registers while the rows of a piece are taken.
const COLUMNS: usize = 32;

/// The moments of a block.
pub(super) struct Moments<T> {
    sums: Box<dyn Reduction>,
    first: First<T>,
    /// The stages behind the first, innermost first.
    rest: Vec<Joined<T>>,
    /// What one stage hands to the next, and the other way round.
    buffers: [Part<T>; 2],
    /// Moments of the kept positions that are complete: means and squares.
    done: Part<T>,
    /// Elements that are reduced to one.
    count: usize,
}

/// Mean and squared deviations of some positions that have the same number of elements each.
#[derive(Clone, Debug)]
struct Part<T> {
    count: T,
    mean: Vec<T>,
    squares: Vec<T>,
}

impl<T: Spread> Part<T> {
    /// Both joined; the room of the other is given back.
    fn join(mut self, other: Part<T>, spare: &mut Vec<Part<T>>) -> Part<T> {
        let n = (self.count, other.count);
        let ours = self.mean.iter_mut().zip(&mut self.squares);
        for ((mean, squares), (m, s)) in ours.zip(other.mean.iter().zip(&other.squares)) {
            (*mean, *squares) = T::join((n.0, *mean, *squares), (n.1, *m, *s));
        }
        self.count = n.0 + n.1;
        spare.push(other);
        self
    }

    fn append(&mut self, count: T, mean: &[T], squares: &[T]) {
        self.count = count;
        self.mean.extend_from_slice(mean);
        self.squares.extend_from_slice(squares);
    }

    fn clear(&mut self) {
        self.mean.clear();
        self.squares.clear();
    }
}

/// What takes the elements themselves.
enum First<T> {
    /// Runs of neighbours, one position each.
    Runs(Runs<T>),
    /// Rows of neighbours, one position a column.
    Rows(Rows<T>),
    /// Every element is a position.
    Each,
}

impl<T: Spread + Element> Moments<T> {
    pub(super) fn new(shape: &[usize], axes: &[usize]) -> Result<Moments<T>, KernelError> {
        // Merged axes as (reduced, size), innermost first; an axis of size 1 is of either kind.
        let mut groups: Vec<(bool, usize)> = Vec::new();
        for (axis, &n) in shape.iter().enumerate().rev().filter(|(_, n)| **n != 1) {
            let reduced = axes.contains(&axis);
            match groups.last_mut() {
                Some((kind, size)) if *kind == reduced => *size *= n,
                _ => groups.push((reduced, n)),
            }
        }
        let (mut first, mut rest, mut width) = (First::Each, Vec::new(), 1);
        for (k, &(reduced, n)) in groups.iter().enumerate() {
            match (reduced, k, &first) {
                (false, ..) => width *= n,
                (true, 0, _) => first = First::Runs(Runs::new(n)),
                (true, _, First::Each) => first = First::Rows(Rows::new(n, width)),
                (true, ..) => rest.push(Joined::new(n, width)),
            }
        }
        let sums = reduction(ReduceOp::Sum, T::DTYPE, shape, axes)?;
        let count = axes.iter().map(|a| shape[*a]).product();
        Ok(Moments { sums, first, rest, buffers: [empty(), empty()], done: empty(), count })
    }
}

fn empty<T: Spread>() -> Part<T> {
    Part { count: T::of(0), mean: Vec::new(), squares: Vec::new() }
}

impl<T: Spread + Element> Reduction for Moments<T> {
    fn feed(&mut self, piece: Slice<'_>) -> Result<(), KernelError> {
        let Some(elements) = T::slice(piece) else {
            return Err(KernelError::mismatch("moments", format!("{} into {}", piece.dtype(), T::DTYPE)));
        };
        self.sums.feed(piece)?;
        let [a, b] = &mut self.buffers;
        let (mut made, mut next) = (a, b);
        made.clear();
        match &mut self.first {
            First::Runs(runs) => vectorised(FeedRuns { runs, piece: elements, out: made }),
            First::Rows(rows) => rows.feed(elements, made),
            First::Each => {
                made.count = T::of(1);
                made.mean.extend_from_slice(elements);
                made.squares.extend(elements.iter().map(|&x| T::alone(x)));
            }
        }
        for stage in &mut self.rest {
            next.clear();
            stage.feed(made, next);
            std::mem::swap(&mut made, &mut next);
        }
        if !made.mean.is_empty() {
            self.done.append(made.count, &made.mean, &made.squares);
        }
        Ok(())
    }

    fn drain(&mut self, out: SliceMut<'_>) -> Result<(), KernelError> {
        let n = out.len() / 3;
        let Some(out) = T::slice_mut(out) else { return Err(KernelError::mismatch("moments", "a result of another dtype")) };
        let (counts, rest) = out.split_at_mut(n);
        let (sums, squares) = rest.split_at_mut(n);
        counts.fill(T::of(self.count));
        self.sums.drain(T::wrap_mut(sums))?;
        if self.done.squares.len() == n {
            for ((to, &squares), &sum) in squares.iter_mut().zip(&self.done.squares).zip(sums.iter()) {
                *to = T::settle(sum, squares);
            }
        } else if self.done.squares.is_empty() {
            squares.fill(T::of(0));
        } else {
            return Err(KernelError::mismatch("moments", format!("{} results for {n}", self.done.squares.len())));
        }
        self.done.clear();
        Ok(())
    }
}

/// Runs of `len` neighbours.
struct Runs<T> {
    len: usize,
    /// Elements of the current run that are in.
    pos: usize,
    mean: [T; LANES],
    squares: [T; LANES],
    counter: Counter<op::Add, Triple<T>>,
}

impl<T: Spread> Runs<T> {
    fn new(len: usize) -> Runs<T> {
        Runs { len, pos: 0, mean: [T::of(0); LANES], squares: [T::of(0); LANES], counter: Counter::new() }
    }

    #[inline(always)]
    fn feed(&mut self, mut piece: &[T], out: &mut Part<T>) {
        while !piece.is_empty() {
            let start = self.pos % NEIGHBOURS;
            let size = NEIGHBOURS.min(self.len - (self.pos - start));
            let n = piece.len().min(size - start);
            let (part, rest) = piece.split_at(n);
            self.take(part, start);
            (piece, self.pos) = (rest, self.pos + n);
            if start + n == size {
                self.counter.push(self.panel(size), T::join_counted);
            }
            if self.pos == self.len {
                self.pos = 0;
                if let Some((n, mean, squares)) = self.counter.take(T::join_counted) {
                    out.count = n;
                    out.mean.push(mean);
                    out.squares.push(squares);
                }
            }
        }
    }

    /// Elements of a panel from its position `at`.
    #[inline(always)]
    fn take(&mut self, mut part: &[T], mut at: usize) {
        while !part.is_empty() {
            let (lane, step) = (at % LANES, at / LANES);
            let n = part.len().min(LANES - lane);
            let (now, rest) = part.split_at(n);
            let share = T::share(step);
            if n == LANES {
                for ((mean, squares), &x) in self.mean.iter_mut().zip(&mut self.squares).zip(now) {
                    (*mean, *squares) = T::step((*mean, *squares), x, step == 0, share);
                }
            } else {
                let lanes = self.mean[lane..].iter_mut().zip(&mut self.squares[lane..]);
                for ((mean, squares), &x) in lanes.zip(now) {
                    (*mean, *squares) = T::step((*mean, *squares), x, step == 0, share);
                }
            }
            (part, at) = (rest, at + n);
        }
    }

    /// The lanes of a panel of `size` elements as one: halves folded onto each other.
    #[inline(always)]
    fn panel(&self, size: usize) -> Triple<T> {
        let mut parts = [(T::of(0), T::of(0), T::of(0)); LANES];
        for (lane, part) in parts.iter_mut().enumerate().take(size) {
            *part = (T::of((size - lane).div_ceil(LANES)), self.mean[lane], self.squares[lane]);
        }
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                if i + width < size {
                    parts[i] = T::join_counted(parts[i], parts[i + width]);
                }
            }
            width /= 2;
        }
        parts[0]
    }
}

struct FeedRuns<'a, T> {
    runs: &'a mut Runs<T>,
    piece: &'a [T],
    out: &'a mut Part<T>,
}

impl<T: Spread> Loop for FeedRuns<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.runs.feed(self.piece, self.out);
    }
}

/// `count` rows of `width` neighbours.
struct Rows<T> {
    count: usize,
    width: usize,
    /// Elements of the current rows that are in.
    pos: usize,
    mean: Vec<T>,
    squares: Vec<T>,
    counter: Counter<op::Add, Part<T>>,
    spare: Vec<Part<T>>,
}

impl<T: Spread> Rows<T> {
    fn new(count: usize, width: usize) -> Rows<T> {
        let (mean, squares) = (vec![T::of(0); width], vec![T::of(0); width]);
        Rows { count, width, pos: 0, mean, squares, counter: Counter::new(), spare: Vec::new() }
    }

    fn feed(&mut self, mut piece: &[T], out: &mut Part<T>) {
        while !piece.is_empty() {
            let (row, col) = (self.pos / self.width, self.pos % self.width);
            let in_panel = row % PANEL_ROWS;
            // Whole rows of this panel, or a part of one row.
            let rows = (piece.len() / self.width).min(PANEL_ROWS - in_panel).min(self.count - row);
            let n = if col == 0 && rows > 0 { rows * self.width } else { piece.len().min(self.width - col) };
            let (part, rest) = piece.split_at(n);
            let columns = if n >= self.width { 0..self.width } else { col..col + n };
            let (mean, squares) = (&mut self.mean[columns.clone()], &mut self.squares[columns]);
            vectorised(AddRows { mean, squares, rows: part, first: in_panel });
            (piece, self.pos) = (rest, self.pos + n);
            self.close(out);
        }
    }

    /// Ends the panel, and the reduction, where they end.
    fn close(&mut self, out: &mut Part<T>) {
        if !self.pos.is_multiple_of(self.width) {
            return;
        }
        let row = self.pos / self.width;
        if row.is_multiple_of(PANEL_ROWS) || row == self.count {
            let count = T::of((row - 1) % PANEL_ROWS + 1);
            let mut part = self.spare.pop().unwrap_or_else(empty);
            part.clear();
            part.append(count, &self.mean, &self.squares);
            self.counter.push(part, |a, b| a.join(b, &mut self.spare));
        }
        if row == self.count {
            self.pos = 0;
            if let Some(part) = self.counter.take(|a, b| a.join(b, &mut self.spare)) {
                out.append(part.count, &part.mean, &part.squares);
                self.spare.push(part);
            }
        }
    }
}

/// Takes rows as wide as the panel, of which the first is row `first` of it.
struct AddRows<'a, T> {
    mean: &'a mut [T],
    squares: &'a mut [T],
    rows: &'a [T],
    first: usize,
}

impl<T: Spread> Loop for AddRows<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let width = self.mean.len();
        let mut col = 0;
        let (mut means, mut squares) = (self.mean.chunks_exact_mut(COLUMNS), self.squares.chunks_exact_mut(COLUMNS));
        for (means, squares) in (&mut means).zip(&mut squares) {
            let (mut m, mut s) = ([T::of(0); COLUMNS], [T::of(0); COLUMNS]);
            m.copy_from_slice(means);
            s.copy_from_slice(squares);
            for (k, row) in self.rows.chunks_exact(width).enumerate() {
                let (k, share) = (self.first + k, T::share(self.first + k));
                for ((m, s), &x) in m.iter_mut().zip(&mut s).zip(&row[col..col + COLUMNS]) {
                    (*m, *s) = T::step((*m, *s), x, k == 0, share);
                }
            }
            means.copy_from_slice(&m);
            squares.copy_from_slice(&s);
            col += COLUMNS;
        }
        for (col, (m, s)) in (col..).zip(means.into_remainder().iter_mut().zip(squares.into_remainder())) {
            for (k, row) in self.rows.chunks_exact(width).enumerate() {
                let k = self.first + k;
                (*m, *s) = T::step((*m, *s), row[col], k == 0, T::share(k));
            }
        }
    }
}

/// `count` rows of `width` positions that have moments already.
struct Joined<T> {
    count: usize,
    width: usize,
    /// Rows that are in.
    rows: usize,
    row: Part<T>,
    counter: Counter<op::Add, Part<T>>,
    spare: Vec<Part<T>>,
}

impl<T: Spread> Joined<T> {
    fn new(count: usize, width: usize) -> Joined<T> {
        Joined { count, width, rows: 0, row: empty(), counter: Counter::new(), spare: Vec::new() }
    }

    fn feed(&mut self, piece: &Part<T>, out: &mut Part<T>) {
        let mut at = 0;
        while at < piece.mean.len() {
            let n = (self.width - self.row.mean.len()).min(piece.mean.len() - at);
            self.row.append(piece.count, &piece.mean[at..at + n], &piece.squares[at..at + n]);
            at += n;
            if self.row.mean.len() == self.width {
                let mut next = self.spare.pop().unwrap_or_else(empty);
                next.clear();
                let row = std::mem::replace(&mut self.row, next);
                self.counter.push(row, |a, b| a.join(b, &mut self.spare));
                self.rows += 1;
            }
            if self.rows == self.count {
                self.rows = 0;
                if let Some(part) = self.counter.take(|a, b| a.join(b, &mut self.spare)) {
                    out.append(part.count, &part.mean, &part.squares);
                    self.spare.push(part);
                }
            }
        }
    }
}

/// Joins the moments of two parts: blocks `[3, …]` of counts, sums and squares.
pub(in crate::kernel) fn join<T: Spread + Element>(a: &[T], b: &[T], out: &mut [T]) {
    let n = out.len() / 3;
    for i in 0..n {
        let at = |x: &[T]| (x[i], x[n + i], x[2 * n + i]);
        let joined = T::join_sums(at(a), at(b));
        (out[i], out[n + i], out[2 * n + i]) = joined;
    }
}

#[cfg(test)]
mod tests;
