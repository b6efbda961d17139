//! Two sorted blocks merged and cut again at the first one's size.
//!
//! The lower part is made from the front and the upper one from the back at the same time: in each a step waits for the one before
//! it, but neither waits for the other. What is compared is an integer that has the element in it, so that no step branches.

use super::super::{KernelError, stale_room};
use super::key::{Key, with_key};
use super::order::Order;
use super::split;
use crate::block::Block;
use crate::element::Element;
use nums_ir::dtype::DType;
use std::cmp::Ordering;

/// Positions, where they are given, go along and break ties.
pub(super) fn merge(a: &Block, b: &Block, places: Option<(&Block, &Block)>, axis: usize) -> Result<Vec<Block>, KernelError> {
    let wrong = || KernelError::mismatch("merge", "blocks that do not belong together");
    let (left, right) = (split(a.shape(), axis).ok_or_else(wrong)?, split(b.shape(), axis).ok_or_else(wrong)?);
    if (left.0, left.2) != (right.0, right.2) || a.dtype() != b.dtype() || a.shape().len() != b.shape().len() {
        return Err(wrong());
    }
    let positions = |p: &Block, of: &Block| p.dtype() == DType::I64 && p.shape() == of.shape();
    if places.is_some_and(|(p, q)| !positions(p, a) || !positions(q, b)) {
        return Err(wrong());
    }
    let room = |of: &Block| stale_room("merge", of.dtype(), of.shape());
    let (mut low, mut high) = (room(a)?, room(b)?);
    let mut made = places.map(|(p, q)| Ok((room(p)?, room(q)?))).transpose()?;
    let lines = Lines { before: left.0, sizes: (left.1, right.1), after: left.2 };
    let indexed = places.is_some();
    let (s, t) = places.map_or((&[][..], &[][..]), |(p, q)| (p.as_slice(), q.as_slice()));
    let (low_s, high_t) = made.as_mut().map_or((&mut [][..], &mut [][..]), |(p, q)| (p.as_mut_slice(), q.as_mut_slice()));
    with_key!(a.dtype(), T => {
        let from = [(a.as_slice(), s), (b.as_slice(), t)];
        let to = [(low.as_mut_slice(), low_s), (high.as_mut_slice(), high_t)];
        if indexed { lines.merge::<T, Placed>(from, to) } else { lines.merge::<T, u64>(from, to) }
    }, complex C => {
        let from = [(a.as_slice(), s), (b.as_slice(), t)];
        let to = [(low.as_mut_slice(), low_s), (high.as_mut_slice(), high_t)];
        lines.merge::<C, Compared<C>>(from, to);
    });
    Ok(match made {
        None => vec![low, high],
        Some((p, q)) => vec![low, p, high, q],
    })
}

/// The lines of two blocks along an axis.
#[derive(Clone, Copy)]
struct Lines {
    before: usize,
    sizes: (usize, usize),
    after: usize,
}

impl Lines {
    /// Elements of both blocks with their positions, if there are any, into the elements and positions of both that are made.
    fn merge<T: Element, E: Entry<T>>(self, from: [(&[T], &[i64]); 2], to: [(&mut [T], &mut [i64]); 2]) {
        let Lines { before, sizes: (m, n), after } = self;
        let [(left, left_places), (right, right_places)] = from;
        let [(low, low_places), (high, high_places)] = to;
        let entry = |values: &[T], places: &[i64], at: usize| E::of(values[at], places.get(at).copied().unwrap_or(0));
        let store = |values: &mut [T], places: &mut [i64], at: usize, entry: E| {
            values[at] = entry.value();
            if let Some(place) = places.get_mut(at) {
                *place = entry.place();
            }
        };
        for line in 0..before * after {
            let (own, other) = (line / after * m * after + line % after, line / after * n * after + line % after);
            halves(
                (m, n),
                |p| entry(left, left_places, own + p * after),
                |q| entry(right, right_places, other + q * after),
                |k, entry| store(low, low_places, own + k * after, entry),
                |k, entry| store(high, high_places, other + k * after, entry),
            );
        }
    }
}

/// The first `m` of `m` and `n` entries in their order, and the others from the last one on; of equals the left one is first.
#[inline(always)]
fn halves<T, E: Entry<T>>(
    (m, n): (usize, usize),
    left: impl Fn(usize) -> E,
    right: impl Fn(usize) -> E,
    mut low: impl FnMut(usize, E),
    mut high: impl FnMut(usize, E),
) {
    // What has come to its end is behind everything or, from the back, before everything.
    let front = |p: usize, q: usize| (if p < m { left(p) } else { E::MOST }, if q < n { right(q) } else { E::MOST });
    let back = |p: usize, q: usize| (if p > 0 { left(p - 1) } else { E::LEAST }, if q > 0 { right(q - 1) } else { E::LEAST });
    let ((mut p, mut q), (mut r, mut s)) = ((0, 0), (m, n));
    let (mut first, mut last) = (front(p, q), back(r, s));
    for k in 0..m.max(n) {
        if k < m {
            let is_left = first.0.at_most(first.1);
            low(k, if is_left { first.0 } else { first.1 });
            (p, q) = (p + usize::from(is_left), q + usize::from(!is_left));
            first = front(p, q);
        }
        if k < n {
            let is_right = last.0.at_most(last.1);
            high(n - 1 - k, if is_right { last.1 } else { last.0 });
            (r, s) = (r - usize::from(!is_right), s - usize::from(is_right));
            last = back(r, s);
        }
    }
}

/// An element and its position as they are compared.
trait Entry<T>: Copy {
    const LEAST: Self;
    const MOST: Self;
    fn of(value: T, place: i64) -> Self;
    fn at_most(self, other: Self) -> bool;
    fn value(self) -> T;
    fn place(self) -> i64;
}

/// An element alone.
impl<T: Key> Entry<T> for u64 {
    const LEAST: u64 = 0;
    const MOST: u64 = u64::MAX;

    #[inline(always)]
    fn of(value: T, _place: i64) -> u64 {
        value.key()
    }

    #[inline(always)]
    fn at_most(self, other: u64) -> bool {
        self <= other
    }

    #[inline(always)]
    fn value(self) -> T {
        T::of_key(self)
    }

    #[inline(always)]
    fn place(self) -> i64 {
        0
    }
}

/// An element that positions set apart from its equals.
#[derive(Clone, Copy)]
struct Placed {
    /// What equals share, then the position.
    order: u128,
    key: u64,
}

impl<T: Key> Entry<T> for Placed {
    const LEAST: Placed = Placed { order: 0, key: 0 };
    const MOST: Placed = Placed { order: u128::MAX, key: 0 };

    #[inline(always)]
    fn of(value: T, place: i64) -> Placed {
        let key = value.key();
        Placed { order: u128::from(T::tied(key)) << 64 | u128::from(place as u64), key }
    }

    #[inline(always)]
    fn at_most(self, other: Placed) -> bool {
        self.order <= other.order
    }

    #[inline(always)]
    fn value(self) -> T {
        T::of_key(self.key)
    }

    #[inline(always)]
    fn place(self) -> i64 {
        self.order as u64 as i64
    }
}

/// An element without a key, with or without a position.
#[derive(Clone, Copy)]
struct Compared<T> {
    /// Before or behind all elements.
    end: Ordering,
    value: Option<T>,
    place: i64,
}

impl<T: Order> Entry<T> for Compared<T> {
    const LEAST: Compared<T> = Compared { end: Ordering::Less, value: None, place: 0 };
    const MOST: Compared<T> = Compared { end: Ordering::Greater, value: None, place: 0 };

    fn of(value: T, place: i64) -> Compared<T> {
        Compared { end: Ordering::Equal, value: Some(value), place }
    }

    fn at_most(self, other: Compared<T>) -> bool {
        let values = || match (self.value, other.value) {
            (Some(a), Some(b)) => a.order(&b).then(self.place.cmp(&other.place)).then_with(|| a.total(&b)),
            _ => Ordering::Equal,
        };
        self.end.cmp(&other.end).then_with(values) != Ordering::Greater
    }

    fn value(self) -> T {
        self.value.unwrap_or_default()
    }

    fn place(self) -> i64 {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::super::sort;
    use super::*;
    use crate::element::c64;

    fn of<T: Element>(elements: &[T]) -> Block {
        Block::from_slice(elements, &[elements.len()])
    }

    /// Every cut of the elements, sorted and merged, is the whole sorted, bit for bit.
    fn agrees_with_a_sort<T: Element>(elements: &[T]) {
        let (values, places) = (sort::sort_values(&of(elements), 0).unwrap(), sort::sort(&of(elements), 0, 3).unwrap());
        let joined = |a: &Block, b: &Block| [a.bytes(), b.bytes()].concat();
        for cut in 0..=elements.len() {
            let [a, b] = [of(&elements[..cut]), of(&elements[cut..])];
            let made = merge(&sort::sort_values(&a, 0).unwrap(), &sort::sort_values(&b, 0).unwrap(), None, 0).unwrap();
            assert_eq!(joined(&made[0], &made[1]), values.bytes(), "{elements:?} cut at {cut}");
            let (a, b) = (sort::sort(&a, 0, 3).unwrap(), sort::sort(&b, 0, 3 + cut).unwrap());
            let made = merge(&a.0, &b.0, Some((&a.1, &b.1)), 0).unwrap();
            assert_eq!(joined(&made[0], &made[2]), places.0.bytes(), "{elements:?} cut at {cut}");
            assert_eq!(joined(&made[1], &made[3]), places.1.bytes(), "{elements:?} cut at {cut}");
        }
    }

    #[test]
    fn merges_agree_with_sorts() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let odd = f64::from_bits(nan.to_bits() | 5);
        agrees_with_a_sort(&[0.5, 0.0, -0.0, inf, nan, -0.0, -inf, -nan, -odd, odd, 0.5, f64::MAX, 0.0, nan]);
        agrees_with_a_sort(&[0.5f32, f32::NAN, -0.0, 0.0, -f32::NAN, f32::NEG_INFINITY, 0.5]);
        agrees_with_a_sort(&[i64::MAX, 3, i64::MIN, 3, 0, -1, i64::MAX]);
        agrees_with_a_sort(&[u64::MAX, 0, u64::MAX, 0]);
        agrees_with_a_sort(&[true, false, true]);
        agrees_with_a_sort::<u8>(&[]);
        let z = |re, im| c64::new(re, im);
        agrees_with_a_sort(&[z(1.0, 2.0), z(1.0, f32::NAN), z(0.0, -0.0), z(-0.0, 0.0), z(1.0, 2.0), z(f32::NAN, 0.0)]);
    }

    #[test]
    fn lines_of_any_axis_are_merged() {
        let (a, b) = (Block::from_slice(&[1, 4, 3, 9], &[2, 2]), Block::from_slice(&[2, 5], &[1, 2]));
        let made = merge(&a, &b, None, 0).unwrap();
        assert_eq!((made[0].as_slice::<i32>(), made[1].as_slice::<i32>()), (&[1, 4, 2, 5][..], &[3, 9][..]));
    }
}
