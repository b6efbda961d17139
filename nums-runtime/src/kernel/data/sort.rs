//! Sorts and merges by NumPy's order: NaN last, complex numbers by real, then imaginary part.
//!
//! Values are sorted by a total order that agrees with NumPy's and tells -0.0 from 0.0, so that the result is the same for any
//! cut; positions break ties, which makes every sort of positions stable. Real elements compare as integers (`key`), and short lines
//! of them are sorted side by side (`short`).

use super::super::{KernelError, room, stale_room};
use super::key::{Key, with_key};
use super::order::Order;
use super::{no_axis, short, split};
use crate::block::Block;

use nums_ir::dtype::DType;

/// The block sorted along an axis, without positions.
pub(super) fn sort_values(x: &Block, axis: usize) -> Result<Block, KernelError> {
    let lines = Lines::of(x, axis, "sort")?;
    let mut out = stale_room("sort", x.dtype(), x.shape())?;
    with_key!(x.dtype(), T => sort_keys::<T>(x.as_slice(), out.as_mut_slice(), lines), complex C => {
        let (from, to) = (x.as_slice::<C>(), out.as_mut_slice::<C>());
        let mut line: Vec<C> = Vec::with_capacity(lines.len);
        for at in lines.each() {
            line.clear();
            line.extend(at.clone().map(|at| from[at]));
            line.sort_unstable_by(Order::total);
            line.iter().zip(at).for_each(|(x, at)| to[at] = *x);
        }
    });
    Ok(out)
}

/// The lines of a block along an axis.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    before: usize,
    /// Elements of each.
    pub(super) len: usize,
    after: usize,
}

impl Lines {
    fn of(x: &Block, axis: usize, name: &str) -> Result<Lines, KernelError> {
        let (before, len, after) = split(x.shape(), axis).ok_or_else(|| no_axis(name, axis, x))?;
        Ok(Lines { before, len, after })
    }

    /// How many.
    #[inline(always)]
    pub(super) fn count(self) -> usize {
        self.before * self.after
    }

    /// The place of a line's first element.
    #[inline(always)]
    pub(super) fn first(self, line: usize) -> usize {
        line / self.after * self.len * self.after + line % self.after
    }

    /// From there to each element.
    #[inline(always)]
    pub(super) fn steps(self) -> impl Iterator<Item = usize> + Clone {
        (0..self.len).map(move |k| k * self.after)
    }

    /// Places of elements of each line.
    fn each(self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        (0..self.count()).map(move |line| self.steps().map(move |step| self.first(line) + step))
    }
}

fn sort_keys<T: Key>(from: &[T], to: &mut [T], lines: Lines) {
    if lines.len <= short::LONGEST {
        return short::sort_values(from, to, lines);
    }
    let mut keys: Vec<u64> = Vec::with_capacity(lines.len);
    for at in lines.each() {
        keys.clear();
        keys.extend(at.clone().map(|at| from[at].key()));
        keys.sort_unstable();
        keys.iter().zip(at).for_each(|(key, at)| to[at] = T::of_key(*key));
    }
}

/// The block sorted along an axis, and the positions of a stable sort, `offset` on.
pub(super) fn sort(x: &Block, axis: usize, offset: usize) -> Result<(Block, Block), KernelError> {
    let lines = Lines::of(x, axis, "sort")?;
    let (mut values, mut places) = (stale_room("sort", x.dtype(), x.shape())?, room("sort", DType::I64, x.shape())?);
    let index = places.as_mut_slice::<i64>();
    with_key!(x.dtype(), T => {
        let (from, to) = (x.as_slice::<T>(), values.as_mut_slice::<T>());
        if lines.len <= short::LONGEST {
            short::sort_places(from, index, lines);
        } else {
            // Key and position are one integer.
            let mut order: Vec<u128> = Vec::with_capacity(lines.len);
            for at in lines.each() {
                order.clear();
                order.extend(at.clone().enumerate().map(|(k, at)| u128::from(T::tied(from[at].key())) << 64 | k as u128));
                order.sort_unstable();
                order.iter().zip(at).for_each(|(both, at)| index[at] = *both as u64 as i64);
            }
        }
        for (line, at) in lines.each().enumerate() {
            for at in at {
                to[at] = from[lines.first(line) + index[at] as usize * lines.after];
                index[at] += offset as i64;
            }
        }
    }, complex C => {
        let (from, to) = (x.as_slice::<C>(), values.as_mut_slice::<C>());
        let mut order: Vec<u32> = Vec::with_capacity(lines.len);
        for mut at in lines.each() {
            let Some(first) = at.clone().next() else { continue };
            let of = |k: &u32| from[first + *k as usize * lines.after];
            order.clear();
            order.extend(0..lines.len as u32);
            order.sort_unstable_by(|p, q| of(p).order(&of(q)).then(p.cmp(q)));
            for (k, made) in order.iter().zip(&mut at) {
                (index[made], to[made]) = ((offset + *k as usize) as i64, of(k));
            }
        }
    });
    Ok((values, places))
}
