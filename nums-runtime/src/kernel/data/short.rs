//! Short lines of real elements, sorted side by side.
//!
//! A network of comparators (`nums_ir::network`) is the same for every line, so as many lines as fill vector registers go through
//! it together. Its work grows faster than that of a sort, and is less for lines of up to `LONGEST` elements.

use super::key::Key;
use super::sort::Lines;
use crate::native::{Loop, vectorised};
use nums_ir::network::network;

/// Elements of the longest line.
pub(super) const LONGEST: usize = 128;
/// Lines that are sorted together. With fewer the compiler uses no vector registers.
const SIDE: usize = 32;

/// One number of each of the lines.
type Row = [u64; SIDE];

/// Lines of up to `LONGEST` elements, sorted.
pub(super) fn sort_values<T: Key>(from: &[T], to: &mut [T], lines: Lines) {
    vectorised(Values { from, to, lines, network: &network(lines.len) });
}

/// The positions of stable sorts of such lines.
pub(super) fn sort_places<T: Key>(from: &[T], to: &mut [i64], lines: Lines) {
    vectorised(Places { from, to, lines, network: &network(lines.len) });
}

struct Values<'a, T> {
    from: &'a [T],
    to: &'a mut [T],
    lines: Lines,
    network: &'a [(usize, usize)],
}

impl<T: Key> Loop for Values<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let mut keys = [[0; SIDE]; LONGEST];
        for low in (0..self.lines.count()).step_by(SIDE) {
            let first = firsts(self.lines, low);
            for (row, at) in keys.iter_mut().zip(self.lines.steps()) {
                row.iter_mut().zip(&first).for_each(|(key, first)| *key = self.from[first + at].key());
            }
            for &(a, b) in self.network {
                let (x, y) = two(&mut keys, a, b);
                for (x, y) in x.iter_mut().zip(y) {
                    (*x, *y) = if *x <= *y { (*x, *y) } else { (*y, *x) };
                }
            }
            let here = SIDE.min(self.lines.count() - low);
            for (row, at) in keys.iter().zip(self.lines.steps()) {
                row.iter().zip(&first[..here]).for_each(|(key, first)| self.to[first + at] = T::of_key(*key));
            }
        }
    }
}

struct Places<'a, T> {
    from: &'a [T],
    to: &'a mut [i64],
    lines: Lines,
    network: &'a [(usize, usize)],
}

impl<T: Key> Loop for Places<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let (mut keys, mut places) = ([[0; SIDE]; LONGEST], [[0; SIDE]; LONGEST]);
        for low in (0..self.lines.count()).step_by(SIDE) {
            let first = firsts(self.lines, low);
            for ((k, row), at) in keys.iter_mut().enumerate().zip(self.lines.steps()) {
                places[k] = [k as u64; SIDE];
                row.iter_mut().zip(&first).for_each(|(key, first)| *key = T::tied(self.from[first + at].key()));
            }
            for &(a, b) in self.network {
                let ((x, y), (p, q)) = (two(&mut keys, a, b), two(&mut places, a, b));
                for ((x, y), (p, q)) in x.iter_mut().zip(y).zip(p.iter_mut().zip(q)) {
                    let swap = (*x > *y) | ((*x == *y) & (*p > *q));
                    (*x, *y) = if swap { (*y, *x) } else { (*x, *y) };
                    (*p, *q) = if swap { (*q, *p) } else { (*p, *q) };
                }
            }
            let here = SIDE.min(self.lines.count() - low);
            for (row, at) in places.iter().zip(self.lines.steps()) {
                row.iter().zip(&first[..here]).for_each(|(place, first)| self.to[first + at] = *place as i64);
            }
        }
    }
}

/// Where the lines from one on begin; past the last one, the last one again.
#[inline(always)]
fn firsts(lines: Lines, low: usize) -> [usize; SIDE] {
    std::array::from_fn(|side| lines.first((low + side).min(lines.count() - 1)))
}

/// Two rows, the first of which is before the other.
#[inline(always)]
fn two(rows: &mut [Row], a: usize, b: usize) -> (&mut Row, &mut Row) {
    let (before, from) = rows.split_at_mut(b);
    (&mut before[a], &mut from[0])
}

#[cfg(test)]
mod tests {
    use super::super::sort;
    use super::*;
    use crate::block::Block;
    use crate::element::Element;

    /// Lines along both axes of a block are sorted as each of them alone, without a network.
    fn agrees<T: Key + Element>(element: impl Fn(usize) -> T) {
        for (n, count) in [(1, 3), (2, 1), (3, 40), (5, 32), (17, 33), (LONGEST, 7)] {
            let line = |i: usize| (0..n).map(|k| element(i * 31 + k * 7)).collect::<Vec<T>>();
            let rows: Vec<T> = (0..count).flat_map(line).collect();
            let columns: Vec<T> = (0..n).flat_map(|k| (0..count).map(move |i| (i, k))).map(|(i, k)| line(i)[k]).collect();
            let (rows, columns) = (Block::from_slice(&rows, &[count, n]), Block::from_slice(&columns, &[n, count]));
            let (values, by_column) = (sort::sort_values(&rows, 1).unwrap(), sort::sort_values(&columns, 0).unwrap());
            let (places, places_by_column) = (sort::sort(&rows, 1, 4).unwrap().1, sort::sort(&columns, 0, 4).unwrap().1);
            for i in 0..count {
                let mut keys: Vec<u64> = line(i).iter().map(|x| x.key()).collect();
                let mut order: Vec<i64> = (0..n as i64).collect();
                order.sort_by_key(|k| T::tied(keys[*k as usize]));
                keys.sort_unstable();
                for k in 0..n {
                    assert_eq!(values.as_slice::<T>()[i * n + k].key(), keys[k]);
                    assert_eq!(by_column.as_slice::<T>()[k * count + i].key(), keys[k]);
                    assert_eq!(places.as_slice::<i64>()[i * n + k], order[k] + 4);
                    assert_eq!(places_by_column.as_slice::<i64>()[k * count + i], order[k] + 4);
                }
            }
        }
    }

    #[test]
    fn lines_side_by_side_are_sorted_as_alone() {
        let odd = [f64::NAN, -0.0, 0.0, f64::INFINITY, -f64::NAN, f64::NEG_INFINITY, 0.0, -0.0];
        agrees(|i| if i % 3 == 0 { odd[i / 3 % odd.len()] } else { (i * 7919 % 101) as f64 - 50.0 });
        agrees(|i| (i * 7919 % 5) as f32 - 2.0);
        agrees(|i| (i * 7919) as i8);
        agrees(|i| i % 3 == 0);
        agrees(|i| u64::MAX - i as u64 % 3);
    }
}
