//! How many elements of a sorted block are before each of some values.
//!
//! Where there are as many values as elements or more, the range of the elements is cut into cells of one width, and it is noted how
//! many elements lie in cells before each. The cell of a number rises with it, so a value only needs to be compared with the elements
//! of its own cell, of which there is at most one unless they lie close together: one comparison, and no branch that the values decide.
//! The counts are the same, since comparisons decide them.

use super::super::{KernelError, room};
use super::key::{Key, with_key};
use super::order::Order;
use crate::block::Block;
use crate::native::{Loop, vectorised};
use nums_ir::dtype::DType;
use std::cmp::Ordering;

/// Cells for each element: most have none, so that which ones are compared with an element is seldom a surprise.
const CELLS: usize = 4;

pub(super) fn search(a: &Block, v: &Block, right: bool) -> Result<Block, KernelError> {
    if a.dtype() != v.dtype() || a.shape().len() != 1 {
        return Err(KernelError::mismatch("search", format!("{}{:?} beside {}", a.dtype(), a.shape(), v.dtype())));
    }
    let mut out = room("search", DType::I64, v.shape())?;
    let counts = out.as_mut_slice::<i64>();
    with_key!(a.dtype(), T => {
        let (sorted, values) = (a.as_slice::<T>(), v.as_slice::<T>());
        match (values.len() >= sorted.len()).then(|| Cells::of(sorted)).flatten() {
            Some(cells) if right => vectorised(Count { cells, values, counts, is_before: |s: &T, x: &T| !x.less(s) }),
            Some(cells) => vectorised(Count { cells, values, counts, is_before: |s: &T, x: &T| s.less(x) }),
            None => counts.iter_mut().zip(values).for_each(|(count, x)| *count = before(sorted, x, right) as i64),
        }
    }, complex C => {
        counts.iter_mut().zip(v.as_slice::<C>()).for_each(|(count, x)| *count = before(a.as_slice::<C>(), x, right) as i64);
    });
    Ok(out)
}

fn before<T: Order>(sorted: &[T], x: &T, right: bool) -> usize {
    sorted.partition_point(|s| is_before(s, x, right))
}

#[inline(always)]
fn is_before<T: Order>(s: &T, x: &T, right: bool) -> bool {
    match s.order(x) {
        Ordering::Less => true,
        Ordering::Equal => right,
        Ordering::Greater => false,
    }
}

/// Sorted elements by cells.
struct Cells<'a, T> {
    sorted: &'a [T],
    low: f64,
    /// Cells of a width of 1.
    scale: f64,
    cells: Vec<Cell<T>>,
}

/// The elements in a cell.
#[derive(Clone, Copy)]
struct Cell<T> {
    /// The first of them.
    first: T,
    /// How many elements lie in cells before.
    before: u32,
    /// How many lie in this one.
    inside: u32,
}

impl<'a, T: Key + Order> Cells<'a, T> {
    /// `None` for elements that have no range of numbers, or have no order, as what a user calls sorted may.
    fn of(sorted: &'a [T]) -> Option<Cells<'a, T>> {
        let (low, high) = (sorted.first()?.wide(), sorted.last()?.wide());
        let rises = sorted.is_sorted_by(|a, b| a.order(b) != Ordering::Greater);
        let n = sorted.len().checked_mul(CELLS).filter(|n| u32::try_from(*n).is_ok())?;
        if !rises || !low.is_finite() || !high.is_finite() {
            return None;
        }
        let mut found = Cells {
            sorted,
            low,
            scale: n as f64 / (high - low),
            cells: vec![Cell { first: sorted[0], before: 0, inside: 0 }; n],
        };
        for x in sorted {
            let number = found.number(x);
            let cell = &mut found.cells[number];
            (cell.first, cell.inside) = (if cell.inside == 0 { *x } else { cell.first }, cell.inside + 1);
        }
        found.cells.iter_mut().fold(0, |before, cell| {
            cell.before = before;
            before + cell.inside
        });
        Some(found)
    }

    /// The cell of a number. Rises with one that is not NaN: each step does.
    #[inline(always)]
    fn number(&self, x: &T) -> usize {
        let last = self.cells.len() - 1;
        (((x.wide() - self.low) * self.scale) as u32 as usize).min(last)
    }

    #[inline(always)]
    fn before(&self, x: &T, is_before: impl Fn(&T, &T) -> bool) -> usize {
        let cell = &self.cells[self.number(x)];
        let start = cell.before as usize;
        if cell.inside > 1 && !x.is_nan() {
            let inside = &self.sorted[start..start + cell.inside as usize];
            return start + inside.partition_point(|s| is_before(s, x));
        }
        let found = start + usize::from((cell.inside == 1) & is_before(&cell.first, x));
        // NaN is after all numbers, and these are numbers.
        if x.is_nan() { self.sorted.len() } else { found }
    }
}

/// The loop over values.
struct Count<'a, T, F> {
    cells: Cells<'a, T>,
    values: &'a [T],
    counts: &'a mut [i64],
    /// Whether an element is before a value; neither is NaN.
    is_before: F,
}

impl<T: Key + Order, F: Fn(&T, &T) -> bool> Loop for Count<'_, T, F> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for (count, x) in self.counts.iter_mut().zip(self.values) {
            *count = self.cells.before(x, &self.is_before) as i64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Element;

    /// Values among elements, by cells and one by one.
    fn agrees<T: Key + Order + Element>(sorted: &[T], values: &[T]) {
        let a = Block::from_slice(sorted, &[sorted.len()]);
        let many: Vec<T> = values.iter().chain(sorted).copied().collect();
        for right in [false, true] {
            let counts = search(&a, &Block::from_slice(&many, &[many.len()]), right).unwrap();
            let one_by_one: Vec<i64> = many.iter().map(|x| before(sorted, x, right) as i64).collect();
            assert_eq!(counts.as_slice::<i64>(), one_by_one, "{many:?} in {sorted:?}");
        }
    }

    #[test]
    fn cells_count_what_single_searches_count() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let values = [nan, inf, -inf, -0.0, 0.0, 0.5, 1.0, 1e-300, -1e300, f64::MAX, 5e-324, 0.30000000000000004, 0.1 + 0.7];
        agrees(&[], &values);
        agrees(&[0.5], &values);
        let even: Vec<f64> = (0..=50).map(|i| f64::from(i) * 0.16 - 4.0).collect();
        let beside = |x: &f64| [*x, x.next_up(), x.next_down(), x + 0.08, nan];
        agrees(&even, &even.iter().flat_map(beside).chain(values).collect::<Vec<_>>());
        agrees(&[-0.0, 0.0, 0.0], &values);
        agrees(&(0..=10).map(|i| f64::from(i) / 10.0).collect::<Vec<_>>(), &values);
        agrees(&[0.0, 5e-324, 1e-323], &values);
        agrees(&[f64::MIN, 0.0, 1e-9, 2e-9, 2e-9, 1.0, f64::MAX], &values);
        agrees(&[-inf, 0.0, 1.0, inf], &values);
        agrees(&[0.0, 1.0, nan, nan], &values);
        agrees(&[1.0, 0.5, 0.0], &values);
        agrees(&[i64::MIN, -3, 0, i64::MAX - 1, i64::MAX], &[-4, -3, -2, i64::MAX, i64::MIN]);
        agrees(&[0u64, u64::MAX - 1, u64::MAX], &[1, u64::MAX]);
        agrees(&[false, true], &[true]);
        agrees(&[1.5f32, 2.5, f32::MAX], &[1.5, 0.0, f32::NAN]);
    }
}
