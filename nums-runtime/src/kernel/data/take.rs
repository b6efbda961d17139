//! Elements taken from, and put into, positions of a block.
//!
//! Positions are of the whole array: each task moves those that lie in its blocks, and every task checks all of them, so that
//! an index outside is found whatever the cut.

use super::super::op::{self, Apply};
use super::super::{KernelError, room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::dtype::DType;

/// Where a block lies on the indexed axes.
pub(super) struct Where<'a> {
    /// First indexed axis.
    pub(super) axis: usize,
    /// Sizes of the whole array there.
    pub(super) sizes: &'a [usize],
    /// Position of the block there; of several blocks one after the other.
    pub(super) offset: &'a [usize],
}

impl Where<'_> {
    /// A position of indexed axis `k`, counted from the front.
    #[inline]
    fn position(&self, k: usize, i: i64) -> Result<usize, KernelError> {
        from_front(i, self.sizes[k]).ok_or_else(|| self.outside(k, i))
    }

    fn outside(&self, k: usize, index: i64) -> KernelError {
        KernelError::Index { index, axis: self.axis + k, size: self.sizes[k] }
    }

    /// The common shape of index blocks, one for each indexed axis.
    fn broadcast(&self, name: &str, index: &[&Block]) -> Result<Vec<usize>, KernelError> {
        let wrong = |why: &str| KernelError::mismatch(name, why);
        if index.len() != self.sizes.len() {
            return Err(wrong("one index an axis"));
        }
        let rank = index.iter().map(|b| b.shape().len()).max().unwrap_or(0);
        let mut shape = vec![1; rank];
        for block in index {
            if block.dtype() != DType::I64 {
                return Err(wrong("an index is i64"));
            }
            let lead = rank - block.shape().len();
            for (a, n) in block.shape().iter().enumerate() {
                match (shape[lead + a], *n) {
                    (_, 1) => {}
                    (1, n) => shape[lead + a] = n,
                    (m, n) if m == n => {}
                    _ => return Err(wrong("index blocks do not broadcast")),
                }
            }
        }
        Ok(shape)
    }

    /// For each place of the broadcast shape the flat position inside the block, if it is inside.
    fn places(&self, own: &[usize], index: &[&Block], shape: &[usize]) -> Result<Vec<Option<usize>>, KernelError> {
        let mut at: Vec<Option<usize>> = vec![Some(0); shape.iter().product()];
        for (k, block) in index.iter().enumerate() {
            let (low, len) = (self.offset[k], own[self.axis + k]);
            let all = block.as_slice::<i64>();
            let mut walk = Walk::new(block.shape(), shape);
            for place in &mut at {
                let position = self.position(k, all[walk.next()])?;
                *place = match (*place, position.checked_sub(low).filter(|p| *p < len)) {
                    (Some(flat), Some(p)) => Some(flat * len + p),
                    _ => None,
                };
            }
        }
        Ok(at)
    }
}

/// A position of an axis of size `n`.
#[inline(always)]
fn from_front(i: i64, n: usize) -> Option<usize> {
    // What is negative still is a number beyond any size.
    let position = if i < 0 { i.wrapping_add_unsigned(n as u64) } else { i };
    usize::try_from(position as u64).ok().filter(|p| *p < n)
}

/// Flat positions of an operand as a broadcast shape is walked in C order.
struct Walk {
    shape: Vec<usize>,
    strides: Vec<usize>,
    index: Vec<usize>,
    at: usize,
}

impl Walk {
    fn new(own: &[usize], shape: &[usize]) -> Walk {
        let lead = shape.len() - own.len();
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for a in (0..own.len()).rev() {
            strides[lead + a] = if own[a] == 1 { 0 } else { stride };
            stride *= own[a];
        }
        Walk { shape: shape.to_vec(), strides, index: vec![0; shape.len()], at: 0 }
    }

    /// The position now, and moves on.
    fn next(&mut self) -> usize {
        let now = self.at;
        for a in (0..self.shape.len()).rev() {
            self.index[a] += 1;
            self.at += self.strides[a];
            if self.index[a] < self.shape[a] {
                break;
            }
            self.at -= self.strides[a] * self.shape[a];
            self.index[a] = 0;
        }
        now
    }
}

/// The blocks that elements are taken from, as parts of a grid along the indexed axes.
struct Sources<'a> {
    blocks: &'a [&'a Block],
    /// By indexed axis: where the first part begins, how long all but the last part are, and the size of each.
    axes: Vec<Parts>,
    /// By part of all axes together: which block.
    by_part: Vec<Option<u32>>,
}

struct Parts {
    low: usize,
    each: usize,
    sizes: Vec<usize>,
}

impl Parts {
    /// The part that holds a position, and the place in it.
    #[inline]
    fn find(&self, position: usize) -> Option<(usize, usize)> {
        let at = position.checked_sub(self.low)?;
        // Blocks of 2^32 positions are not met, and dividing by less is three times as fast.
        let (part, place) = match (u32::try_from(at), u32::try_from(self.each)) {
            (Ok(at), Ok(each)) => ((at / each) as usize, (at % each) as usize),
            _ => (at / self.each, at % self.each),
        };
        (place < *self.sizes.get(part)?).then_some((part, place))
    }
}

impl<'a> Sources<'a> {
    fn of(place: &Where<'_>, blocks: &'a [&'a Block]) -> Result<Sources<'a>, KernelError> {
        let wrong = || KernelError::mismatch("take", "the blocks are not of one grid");
        let (count, Some(one)) = (place.sizes.len(), blocks.first()) else { return Err(wrong()) };
        let rank = one.shape().len();
        let same = |b: &&Block| b.dtype() == one.dtype() && b.shape().len() == rank;
        if count == 0 || rank < place.axis + count || place.offset.len() != blocks.len() * count || !blocks.iter().all(same) {
            return Err(wrong());
        }
        let start = |b: usize, k: usize| place.offset[b * count + k];
        let size = |b: usize, k: usize| blocks[b].shape()[place.axis + k];
        let mut axes = Vec::with_capacity(count);
        for k in 0..count {
            let low = (0..blocks.len()).map(|b| start(b, k)).min().unwrap_or(0);
            let each = (0..blocks.len()).map(|b| size(b, k)).max().unwrap_or(0).max(1);
            let last = (0..blocks.len()).map(|b| start(b, k)).max().unwrap_or(0);
            let mut sizes = vec![0; (last - low) / each + 1];
            for b in 0..blocks.len() {
                let at = start(b, k) - low;
                if at % each != 0 || size(b, k) > each || !matches!(sizes[at / each], n if n == 0 || n == size(b, k)) {
                    return Err(wrong());
                }
                sizes[at / each] = size(b, k);
            }
            axes.push(Parts { low, each, sizes });
        }
        let along = |b: &Block| {
            b.shape()[place.axis..place.axis + count].iter().try_fold(1u32, |n, k| n.checked_mul((*k).try_into().ok()?))
        };
        if blocks.iter().any(|b| along(b).is_none()) {
            return Err(wrong());
        }
        let n_parts = axes.iter().try_fold(1usize, |n, a| n.checked_mul(a.sizes.len())).filter(|n| *n <= 1 << 24);
        let mut by_part = vec![None; n_parts.ok_or_else(wrong)?];
        for b in 0..blocks.len() {
            let at = axes.iter().enumerate().fold(0, |at, (k, a)| at * a.sizes.len() + (start(b, k) - a.low) / a.each);
            by_part[at] = Some(b as u32);
        }
        Ok(Sources { blocks, axes, by_part })
    }

    /// For each place of the broadcast shape the block, and the flat position there along the indexed axes.
    fn find(&self, place: &Where<'_>, index: &[&Block], shape: &[usize]) -> Result<Vec<Option<(u32, u32)>>, KernelError> {
        let mut found = vec![Some((0u32, 0u32)); shape.iter().product()];
        for (k, (block, parts)) in index.iter().zip(&self.axes).enumerate() {
            let all = block.as_slice::<i64>();
            let mut walk = Walk::new(block.shape(), shape);
            for one in &mut found {
                let position = place.position(k, all[walk.next()])?;
                *one = one.zip(parts.find(position)).map(|((part, flat), (p, at))| {
                    (part * parts.sizes.len() as u32 + p as u32, flat * parts.sizes[p] as u32 + at as u32)
                });
            }
        }
        for one in &mut found {
            *one = one.and_then(|(part, flat)| self.by_part[part as usize].map(|block| (block, flat)));
        }
        Ok(found)
    }
}

pub(super) fn take(place: &Where<'_>, shape: &[usize], so_far: Option<Block>, args: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("take", why);
    let n = args.len().checked_sub(place.sizes.len()).ok_or_else(|| wrong("no operands"))?;
    let (blocks, index) = args.split_at(n);
    let sources = Sources::of(place, blocks)?;
    let broadcast = place.broadcast("take", index)?;
    let (axis, end, own) = (place.axis, place.axis + place.sizes.len(), blocks[0].shape());
    let rest = |b: &&Block| b.shape()[..axis] == own[..axis] && b.shape()[end..] == own[end..];
    if [&own[..axis], &broadcast, &own[end..]].concat() != shape || !blocks.iter().all(rest) {
        return Err(wrong("the block that is made has another shape"));
    }
    let dtype = blocks[0].dtype();
    let mut out = match so_far {
        None => room("take", dtype, shape)?,
        Some(b) if b.shape() == shape && b.dtype() == dtype => b,
        Some(_) => return Err(wrong("what has been taken is of another shape")),
    };
    let (lead, tail): (usize, usize) = (own[..axis].iter().product(), own[end..].iter().product());
    with_type!(dtype, T => {
        let from: Vec<&[T]> = sources.blocks.iter().map(|b| b.as_slice::<T>()).collect();
        let to = out.as_mut_slice::<T>();
        if let ([index], [parts], 1, 1) = (index, &sources.axes[..], lead, tail) {
            // Nothing is kept of a position: most programs take elements of a line.
            for (to, i) in to.iter_mut().zip(index.as_slice::<i64>()) {
                let found = parts.find(place.position(0, *i)?);
                if let Some((block, at)) = found.and_then(|(p, at)| sources.by_part[p].map(|block| (block, at))) {
                    *to = from[block as usize][at];
                }
            }
        } else {
            let found = sources.find(place, index, &broadcast)?;
            let along = |b: &&Block| b.shape()[axis..end].iter().product::<usize>();
            let along: Vec<usize> = sources.blocks.iter().map(along).collect();
            for l in 0..lead {
                for (k, one) in found.iter().enumerate() {
                    if let Some((block, at)) = *one {
                        let (s, d) = ((l * along[block as usize] + at as usize) * tail, (l * found.len() + k) * tail);
                        to[d..d + tail].copy_from_slice(&from[block as usize][s..s + tail]);
                    }
                }
            }
        }
    });
    Ok(out)
}

/// The block with elements of each of some values put into it, which come with their positions.
pub(super) fn put(place: &Where<'_>, add: bool, mut x: Block, values: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("put", why);
    let shape = x.shape().to_vec();
    let (axis, end, own) = (place.axis, place.axis + place.sizes.len(), &shape[..]);
    if place.offset.len() != place.sizes.len() {
        return Err(wrong("one position an axis"));
    }
    if own.len() < end {
        return Err(wrong("the block has fewer axes"));
    }
    if values.is_empty() || !values.len().is_multiple_of(1 + place.sizes.len()) {
        return Err(wrong("values and one index an axis"));
    }
    let (lead, along, tail) = (own[..axis].iter().product(), own[axis..end].iter().product(), own[end..].iter().product());
    let rows = Rows { place, own, lead, along, tail };
    for values in values.chunks_exact(1 + place.sizes.len()) {
        let (v, index) = (values[0], &values[1..]);
        let target = [&own[..axis], &place.broadcast("put", index)?, &own[end..]].concat();
        if v.dtype() != x.dtype() || v.shape().len() > target.len() {
            return Err(wrong("the values are of another dtype or have too many axes"));
        }
        let skip = target.len() - v.shape().len();
        if v.shape().iter().zip(&target[skip..]).any(|(a, b)| a != b && *a != 1) {
            return Err(wrong("the values do not broadcast"));
        }
        with_type!(x.dtype(), T => {
            let (from, to) = (v.as_slice::<T>(), x.as_mut_slice::<T>());
            if add {
                rows.put(index, &target, (from, v.shape()), to, |slot, value| *slot = op::Add::apply((*slot, value)))?;
            } else {
                rows.put(index, &target, (from, v.shape()), to, |slot, value| *slot = value)?;
            }
        });
    }
    Ok(x)
}

/// Rows of a block on the indexed axes, of as many elements as the axes behind have; `lead` times, by the axes before.
struct Rows<'a> {
    place: &'a Where<'a>,
    own: &'a [usize],
    lead: usize,
    along: usize,
    tail: usize,
}

impl Rows<'_> {
    fn put<T: Element>(
        &self,
        index: &[&Block],
        target: &[usize],
        (from, shape): (&[T], &[usize]),
        to: &mut [T],
        put: impl Fn(&mut T, T),
    ) -> Result<(), KernelError> {
        let Rows { place, own, lead, along, tail } = *self;
        if let (&[index], 1) = (index, lead) {
            // Most programs put one element or a row at each position, or the same everywhere: nothing is kept of a position.
            let same = from.len() == 1 || (from.len() == tail && shape.len() <= target.len() - index.shape().len());
            let step = if same { 0 } else { from.len() / index.len().max(1) };
            if tail == 1 && (same || shape == target) {
                let (n, low) = (place.sizes[0], place.offset[0]);
                for (k, i) in index.as_slice::<i64>().iter().enumerate() {
                    let at = from_front(*i, n).ok_or_else(|| place.outside(0, *i))?.wrapping_sub(low);
                    if let (Some(slot), Some(value)) = (to.get_mut(at), from.get(k * step)) {
                        put(slot, *value);
                    }
                }
                return Ok(());
            }
            if same || shape == target {
                for (k, i) in index.as_slice::<i64>().iter().enumerate() {
                    let at = place.position(0, *i)?.wrapping_sub(place.offset[0]);
                    if at >= along {
                        continue;
                    }
                    match (&mut to[at * tail..(at + 1) * tail], &from[k * step..]) {
                        (row, [value]) if same => row.iter_mut().for_each(|slot| put(slot, *value)),
                        (row, values) => row.iter_mut().zip(values).for_each(|(slot, value)| put(slot, *value)),
                    }
                }
                return Ok(());
            }
        }
        let places = place.places(own, index, &target[place.axis..target.len() + place.axis + place.sizes.len() - own.len()])?;
        let mut walk = Walk::new(shape, target);
        for l in 0..lead {
            for at in &places {
                for t in 0..tail {
                    let value = from[walk.next()];
                    if let Some(at) = at {
                        put(&mut to[(l * along + at) * tail + t], value);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(elements: &[i64], shape: &[usize]) -> Block {
        Block::from_slice(elements, shape)
    }

    /// Values put into a block that begins at position 2 of an axis of 6.
    fn put_at_2(add: bool, x: &Block, values: &[&Block]) -> Result<Vec<i64>, KernelError> {
        put(&Where { axis: 0, sizes: &[6], offset: &[2] }, add, x.clone(), values).map(|made| made.as_slice::<i64>().to_vec())
    }

    #[test]
    fn the_last_of_several_values_stays_and_what_is_elsewhere_is_left_out() {
        let x = of(&[10, 20, 30], &[3]);
        let i = of(&[2, 0, -2, 2, 5], &[5]);
        assert_eq!(put_at_2(false, &x, &[&of(&[1, 2, 3, 4, 5], &[5]), &i]), Ok(vec![4, 20, 3]));
        assert_eq!(put_at_2(true, &x, &[&of(&[1, 2, 3, 4, 5], &[5]), &i]), Ok(vec![15, 20, 33]));
        assert_eq!(put_at_2(true, &x, &[&of(&[7], &[]), &i]), Ok(vec![24, 20, 37]));
        assert_eq!(put_at_2(true, &x, &[&of(&[7], &[1]), &i, &of(&[1], &[]), &of(&[3], &[1])]), Ok(vec![24, 21, 37]));
        assert_eq!(put_at_2(false, &x, &[&of(&[], &[0]), &of(&[], &[0])]), Ok(vec![10, 20, 30]));
        let far = |i| put_at_2(false, &x, &[&of(&[7], &[]), &of(&[i], &[])]);
        assert_eq!(far(6), Err(KernelError::Index { index: 6, axis: 0, size: 6 }));
        assert_eq!(far(-7), Err(KernelError::Index { index: -7, axis: 0, size: 6 }));
        for bad in [&[][..], &[&i][..], &[&of(&[1, 2], &[2]), &i][..], &[&i, &i, &i][..]] {
            assert!(matches!(put_at_2(false, &x, bad), Err(KernelError::Mismatch { .. })));
        }
    }

    #[test]
    fn rows_are_put_whole_in_every_form_of_the_values() {
        let x = of(&[0, 0, 1, 1, 2, 2], &[3, 2]);
        let i = of(&[4, 0, 3], &[3]);
        let put = |v: Block| put_at_2(false, &x, &[&v, &i]).unwrap();
        assert_eq!(put(of(&[5, 6, 7, 8, 9, 10], &[3, 2])), [0, 0, 9, 10, 5, 6]);
        assert_eq!(put(of(&[5, 6], &[2])), [0, 0, 5, 6, 5, 6]);
        assert_eq!(put(of(&[5, 6], &[1, 2])), [0, 0, 5, 6, 5, 6]);
        assert_eq!(put(of(&[5, 7, 9], &[3, 1])), [0, 0, 9, 9, 5, 5]);
        assert_eq!(put(of(&[5], &[])), [0, 0, 5, 5, 5, 5]);
        // A column of as many values as a row has elements.
        let two = of(&[4, 3], &[2]);
        assert_eq!(put_at_2(false, &x, &[&of(&[5, 7], &[2, 1]), &two]).unwrap(), [0, 0, 7, 7, 5, 5]);
        assert_eq!(put_at_2(false, &x, &[&of(&[5, 7], &[2]), &two]).unwrap(), [0, 0, 5, 7, 5, 7]);
    }
}
