//! Count, sum, and sum of squared deviations from the mean, in one pass: `ReduceOp::Moments`,
//! and the last of the three alone: `ReduceOp::Spread`.
//!
//! The sums are those of `ReduceOp::Sum`, to the last bit. A panel of neighbours is summed and, while it is in the first cache, its
//! squared deviations from its own mean are. Of a panel of rows each column takes deviations from its first element, and
//! corrects their squares when the panel ends: that element is one of the panel, so at most `PANEL_ROWS` times the
//! result cancels, wherever the mean lies. Panels are joined by Chan's formula in the tree of `Counter`. Pieces of any length
//! give the same bits, as for every reduction.

use super::{Counter, Own, PANEL, ROWS, Reduction, again, join_rows, reduction, whole_panel};
use crate::element::{Element, Slice, SliceMut};
use crate::kernel::KernelError;
use crate::kernel::op::{self, Apply};
use crate::native::{Loop, vectorised};
use nums_ir::ops::ReduceOp;
use nums_ir::scalar::Moments as Triple;
use nums_ir::scalar::Spread;

/// Squares side by side in a panel of neighbours.
const LANES: usize = 32;
/// Elements of a panel of neighbours: as many panels of sums as fill a level of their tree.
const NEIGHBOURS: usize = 8 * PANEL;
/// Rows of a panel of rows.
const PANEL_ROWS: usize = 4 * ROWS;
/// Columns that stay in registers while the rows of a piece are taken.
const COLUMNS: usize = 16;

/// The moments of a block.
pub(super) struct Moments<T> {
    first: First<T>,
    /// The sums behind the first stage.
    sums: Box<dyn Reduction>,
    /// The stages behind the first, innermost first.
    rest: Vec<Joined<T>>,
    /// The sums that the first stage hands on.
    summed: Vec<T>,
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
        vectorised(JoinParts { to: &mut self, other: &other });
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

struct JoinParts<'a, T> {
    to: &'a mut Part<T>,
    other: &'a Part<T>,
}

impl<T: Spread> Loop for JoinParts<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (to, other) = (self.to, self.other);
        let n = (to.count, other.count);
        let ours = to.mean.iter_mut().zip(&mut to.squares);
        for ((mean, squares), (m, s)) in ours.zip(other.mean.iter().zip(&other.squares)) {
            (*mean, *squares) = T::join((n.0, *mean, *squares), (n.1, *m, *s));
        }
        to.count = n.0 + n.1;
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

impl<T: Spread + Element> Moments<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
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
        // What the first stage reduces has one element left.
        let (mut left, mut reduced) = (shape.to_vec(), false);
        for axis in (0..shape.len()).rev().filter(|axis| shape[*axis] != 1) {
            match (axes.contains(&axis), reduced) {
                (true, _) => (left[axis], reduced) = (1, true),
                (false, true) => break,
                (false, false) => {}
            }
        }
        let sums = reduction(ReduceOp::Sum, T::DTYPE, &left, axes)?;
        let count = axes.iter().map(|a| shape[*a]).product();
        Ok(Moments { first, sums, rest, summed: Vec::new(), buffers: [empty(), empty()], done: empty(), count })
    }
}

fn empty<T: Spread>() -> Part<T> {
    Part { count: T::of(0), mean: Vec::new(), squares: Vec::new() }
}

impl<T: Spread + Element> Reduction for Moments<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    fn feed(&mut self, piece: Slice<'_>) -> Result<(), KernelError> {
        let Some(elements) = T::slice(piece) else {
            return Err(KernelError::mismatch("moments", format!("{} into {}", piece.dtype(), T::DTYPE)));
        };
        self.summed.clear();
        let [a, b] = &mut self.buffers;
        let (mut made, mut next) = (a, b);
        made.clear();
        match &mut self.first {
            First::Runs(runs) => vectorised(FeedRuns { runs, piece: elements, out: made, sums: &mut self.summed }),
            First::Rows(rows) => rows.feed(elements, made, &mut self.summed),
            First::Each => {
                self.summed.extend_from_slice(elements);
                made.count = T::of(1);
                made.mean.extend_from_slice(elements);
                made.squares.extend(elements.iter().map(|&x| T::alone(x)));
            }
        }
        self.sums.feed(T::wrap(&self.summed))?;
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

/// The squared deviations of moments alone: `ReduceOp::Spread`.
pub(super) struct Squares<T> {
    moments: Moments<T>,
    /// Room for all three.
    all: Vec<T>,
}

impl<T: Spread + Element> Squares<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    pub(super) fn new(shape: &[usize], axes: &[usize]) -> Result<Squares<T>, KernelError> {
        Ok(Squares { moments: Moments::new(shape, axes)?, all: Vec::new() })
    }
}

impl<T: Spread + Element> Reduction for Squares<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    fn feed(&mut self, piece: Slice<'_>) -> Result<(), KernelError> {
        self.moments.feed(piece)
    }

    fn drain(&mut self, out: SliceMut<'_>) -> Result<(), KernelError> {
        let Some(out) = T::slice_mut(out) else { return Err(KernelError::mismatch("spread", "a result of another dtype")) };
        self.all.resize(3 * out.len(), T::of(0));
        self.moments.drain(T::wrap_mut(&mut self.all))?;
        out.copy_from_slice(&self.all[2 * out.len()..]);
        Ok(())
    }
}

/// Runs of `len` neighbours.
struct Runs<T> {
    len: usize,
    /// Elements of the current run that were taken.
    pos: usize,
    /// Those that are in, but no whole panel yet.
    held: Vec<T>,
    sums: Counter<op::Add, T>,
    counter: Counter<op::Add, Triple<T>>,
}

impl<T: Spread + Element> Runs<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    fn new(len: usize) -> Runs<T> {
        Runs { len, pos: 0, held: Vec::new(), sums: Counter::new(), counter: Counter::new() }
    }

    #[inline(always)]
    fn feed(&mut self, mut piece: &[T], out: &mut Part<T>, sums: &mut Vec<T>) {
        while !piece.is_empty() {
            let size = NEIGHBOURS.min(self.len - self.pos);
            let n = piece.len().min(size - self.held.len());
            let (part, rest) = piece.split_at(n);
            piece = rest;
            let (sum, moments) = if n == size {
                panel(part)
            } else {
                self.held.extend_from_slice(part);
                if self.held.len() < size {
                    return;
                }
                let made = panel(&self.held);
                self.held.clear();
                made
            };
            self.sums.push(sum, |a, b| a + b);
            self.counter.push(moments, T::join_counted);
            self.pos += size;
            if self.pos == self.len {
                self.pos = 0;
                sums.extend(self.sums.take(|a, b| a + b));
                if let Some((n, mean, squares)) = self.counter.take(T::join_counted) {
                    out.count = n;
                    out.mean.push(mean);
                    out.squares.push(squares);
                }
            }
        }
    }
}

/// The sum of a panel, and its moments.
#[inline(always)]
fn panel<T: Spread + Element>(x: &[T]) -> (T, Triple<T>)
where
    op::Add: Apply<(T, T), Out = T>,
{
    let mut sums = [T::of(0); NEIGHBOURS / PANEL];
    for (sum, part) in sums.iter_mut().zip(x.chunks(PANEL)) {
        *sum = whole_panel::<op::Add, Own, T>(part);
    }
    // Neighbours join, one that has none waits: the tree of `Counter`.
    let mut left = x.len().div_ceil(PANEL);
    while left > 1 {
        for i in 0..left.div_ceil(2) {
            sums[i] = if 2 * i + 1 < left { sums[2 * i] + sums[2 * i + 1] } else { sums[2 * i] };
        }
        left = left.div_ceil(2);
    }
    let (sum, count) = (sums[0], T::of(x.len()));
    // Elements whose sum overflows have a mean all the same.
    let mean = if sum.is_finite() { sum / count } else { x.iter().fold(T::of(0), |mean, &x| mean + x / count) };
    (sum, (count, mean, squares(x, mean)))
}

/// The squared deviations of a panel's elements from its mean.
#[inline(always)]
fn squares<T: Spread>(x: &[T], mean: T) -> T {
    let mut lanes = [T::of(0); LANES];
    let (chunks, last) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = *lane + (x - mean) * (x - mean);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(last) {
        *lane = *lane + (x - mean) * (x - mean);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

struct FeedRuns<'a, T> {
    runs: &'a mut Runs<T>,
    piece: &'a [T],
    out: &'a mut Part<T>,
    sums: &'a mut Vec<T>,
}

impl<T: Spread + Element> Loop for FeedRuns<'_, T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.runs.feed(self.piece, self.out, self.sums);
    }
}

/// `count` rows of `width` neighbours.
struct Rows<T> {
    count: usize,
    width: usize,
    /// Elements of the current rows that are in.
    pos: usize,
    panel: Columns<T>,
    sums: Counter<op::Add, Vec<T>>,
    counter: Counter<op::Add, Part<T>>,
    spare_sums: Vec<Vec<T>>,
    spare: Vec<Part<T>>,
}

/// What a panel has of each column.
struct Columns<T> {
    /// Of the last `ROWS` rows at most: a panel of sums.
    sum: Vec<T>,
    first: Vec<T>,
    /// Sum of the deviations from the first element, and of their squares.
    off: Vec<T>,
    squares: Vec<T>,
}

impl<T: Spread + Element> Rows<T>
where
    op::Add: Apply<(T, T), Out = T>,
{
    fn new(count: usize, width: usize) -> Rows<T> {
        let room = || vec![T::of(0); width];
        let panel = Columns { sum: room(), first: room(), off: room(), squares: room() };
        let (sums, counter) = (Counter::new(), Counter::new());
        Rows { count, width, pos: 0, panel, sums, counter, spare_sums: Vec::new(), spare: Vec::new() }
    }

    fn feed(&mut self, mut piece: &[T], out: &mut Part<T>, sums: &mut Vec<T>) {
        while !piece.is_empty() {
            let (row, col) = (self.pos / self.width, self.pos % self.width);
            // Whole rows of this panel of sums, or a part of one row.
            let rows = (piece.len() / self.width).min(ROWS - row % ROWS).min(self.count - row);
            let n = if col == 0 && rows > 0 { rows * self.width } else { piece.len().min(self.width - col) };
            let (part, rest) = piece.split_at(n);
            vectorised(TakeRows { panel: &mut self.panel, col, width: n.min(self.width), rows: part, first: row % PANEL_ROWS });
            (piece, self.pos) = (rest, self.pos + n);
            self.close(out, sums);
        }
    }

    /// Ends the panels, and the reduction, where they end.
    fn close(&mut self, out: &mut Part<T>, sums: &mut Vec<T>) {
        if !self.pos.is_multiple_of(self.width) {
            return;
        }
        let row = self.pos / self.width;
        if row.is_multiple_of(ROWS) || row == self.count {
            let part = again(&mut self.spare_sums, &self.panel.sum);
            self.sums.push(part, |a, b| join_rows::<op::Add, T>(a, b, &mut self.spare_sums));
        }
        if row.is_multiple_of(PANEL_ROWS) || row == self.count {
            let mut part = self.spare.pop().unwrap_or_else(empty);
            vectorised(CloseColumns { panel: &self.panel, rows: (row - 1) % PANEL_ROWS + 1, to: &mut part });
            self.counter.push(part, |a, b| a.join(b, &mut self.spare));
        }
        if row == self.count {
            self.pos = 0;
            if let Some(row) = self.sums.take(|a, b| join_rows::<op::Add, T>(a, b, &mut self.spare_sums)) {
                sums.extend_from_slice(&row);
                self.spare_sums.push(row);
            }
            if let Some(part) = self.counter.take(|a, b| a.join(b, &mut self.spare)) {
                out.append(part.count, &part.mean, &part.squares);
                self.spare.push(part);
            }
        }
    }
}

/// Takes rows of `width` columns from `col` on, of which the first is row `first` of the panel.
struct TakeRows<'a, T> {
    panel: &'a mut Columns<T>,
    col: usize,
    width: usize,
    rows: &'a [T],
    first: usize,
}

impl<T: Spread> Loop for TakeRows<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let TakeRows { panel: Columns { sum, first: origin, off, squares }, col, width, rows, first } = self;
        let columns = col..col + width;
        let (sum, origin) = (&mut sum[columns.clone()], &mut origin[columns.clone()]);
        let (off, squares) = (&mut off[columns.clone()], &mut squares[columns]);
        if first.is_multiple_of(ROWS) {
            // -0 + x = x: the first panel of a sum starts from its elements.
            sum.fill(-T::of(0));
        }
        if first == 0 {
            origin.copy_from_slice(&rows[..width]);
            off.fill(T::of(0));
            squares.fill(T::of(0));
        }
        let (sums, sums_last) = sum.as_chunks_mut::<COLUMNS>();
        let (origins, origins_last) = origin.as_chunks::<COLUMNS>();
        let (offs, offs_last) = off.as_chunks_mut::<COLUMNS>();
        let (all, all_last) = squares.as_chunks_mut::<COLUMNS>();
        for (c, (((to_sum, origin), to_off), to_squares)) in sums.iter_mut().zip(origins).zip(offs).zip(all).enumerate() {
            let (mut sum, origin, mut off, mut squares) = (*to_sum, *origin, *to_off, *to_squares);
            for row in rows.chunks_exact(width) {
                let Some(row) = row[c * COLUMNS..].first_chunk::<COLUMNS>() else { continue };
                let d = each(*row, origin, |x, origin| x - origin);
                sum = each(sum, *row, |sum, x| sum + x);
                off = each(off, d, |off, d| off + d);
                squares = each(squares, d, |squares, d| squares + d * d);
            }
            (*to_sum, *to_off, *to_squares) = (sum, off, squares);
        }
        let at = width - sums_last.len();
        for row in rows.chunks_exact(width) {
            for (i, &x) in row[at..].iter().enumerate() {
                let d = x - origins_last[i];
                sums_last[i] = sums_last[i] + x;
                offs_last[i] = offs_last[i] + d;
                all_last[i] = all_last[i] + d * d;
            }
        }
        if !sum.iter().fold(true, |finite, sum| finite & sum.is_finite()) {
            mark(rows, squares);
        }
    }
}

/// NaN for the columns with an element that is not finite: deviations from a finite origin are infinite there as where they
/// overflow.
#[cold]
fn mark<T: Spread>(rows: &[T], squares: &mut [T]) {
    for row in rows.chunks_exact(squares.len()) {
        for (squares, &x) in squares.iter_mut().zip(row).filter(|(_, x)| !x.is_finite()) {
            *squares = T::alone(x);
        }
    }
}

/// Two lines as one: by value, so that lines stay in registers.
#[inline(always)]
fn each<T: Copy, const N: usize>(mut a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    for i in 0..N {
        a[i] = f(a[i], b[i]);
    }
    a
}

/// The moments of a panel's columns.
struct CloseColumns<'a, T> {
    panel: &'a Columns<T>,
    rows: usize,
    to: &'a mut Part<T>,
}

impl<T: Spread> Loop for CloseColumns<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (Columns { sum: _, first, off, squares }, to) = (self.panel, self.to);
        to.count = T::of(self.rows);
        let share = T::of(1) / to.count;
        to.mean.resize(first.len(), T::of(0));
        to.squares.resize(first.len(), T::of(0));
        let made = to.mean.iter_mut().zip(&mut to.squares);
        for ((mean, made), ((&first, &off), &squares)) in made.zip(first.iter().zip(off).zip(squares)) {
            *mean = first + off * share;
            // What has overflowed stays so.
            *made = if squares.is_finite() { squares - off * (off * share) } else { squares };
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
