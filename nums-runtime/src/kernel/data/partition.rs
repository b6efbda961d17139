//! Partitions: the element of a place of an order there, none larger before it and none smaller behind it.
//!
//! A line of a block is partitioned by its keys. Of blocks of one line (`tile/partition`) `split` puts the elements below a pivot first and those
//! above it last, and an exchange swaps what two such blocks have on the wrong side. Both go by keys, so that equals are the same
//! bits and no order among them is left to chance; what is below or above stands in an order that the sizes and the data decide.

use super::super::{KernelError, stale_room};
use super::key::{Key, with_key};
use super::{no_axis, one, select, split as axes};
use crate::block::Block;

fn no_keys<R>(name: &str) -> Result<R, KernelError> {
    Err(KernelError::mismatch(name, "complex numbers have no keys"))
}

/// Every line along an axis with the element of a place there.
pub(super) fn lines(x: &Block, axis: usize, place: &Block) -> Result<Block, KernelError> {
    let (before, n, after) = axes(x.shape(), axis).ok_or_else(|| no_axis("partition", axis, x))?;
    let [k] = select::places("partition", &[place], n)?[..] else {
        return Err(KernelError::mismatch("partition", "one place"));
    };
    let mut out = stale_room("partition", x.dtype(), x.shape())?;
    with_key!(x.dtype(), T => {
        let (from, to) = (x.as_slice::<T>(), out.as_mut_slice::<T>());
        let mut keys: Vec<u64> = Vec::with_capacity(n);
        for first in (0..before).flat_map(|b| (0..after).map(move |a| b * n * after + a)) {
            let at = |i: usize| first + i * after;
            keys.clear();
            keys.extend((0..n).map(|i| from[at(i)].key()));
            keys.select_nth_unstable(k);
            keys.iter().enumerate().for_each(|(i, key)| to[at(i)] = T::of_key(*key));
        }
    }, complex C => no_keys("partition")?);
    Ok(out)
}

/// The key that a pivot has.
fn pivot<T: Key>(name: &str, p: &Block) -> Result<u64, KernelError> {
    match (p.dtype() == T::DTYPE, p.len()) {
        (true, 1) => Ok(p.as_slice::<T>()[0].key()),
        (_, _) => Err(KernelError::mismatch(name, format!("a pivot of {}{:?}", p.dtype(), p.shape()))),
    }
}

/// All elements of some blocks, those below the pivot first and those above it last.
pub(super) fn split(x: &[&Block], p: &Block) -> Result<Block, KernelError> {
    let n = x.iter().map(|x| x.len()).sum();
    if x.iter().any(|x| x.dtype() != p.dtype()) {
        return Err(KernelError::mismatch("split", "blocks of another dtype than the pivot's"));
    }
    let mut out = stale_room("split", p.dtype(), &[n])?;
    with_key!(p.dtype(), T => {
        let (pivot, to) = (pivot::<T>("split", p)?, out.as_mut_slice::<T>());
        // What is neither below nor above leaves its room to the next one: no branch asks what an element is.
        let (mut start, mut end) = (0, n);
        for element in x.iter().flat_map(|x| x.as_slice::<T>()) {
            let key = element.key();
            (to[start], to[end - 1]) = (*element, *element);
            start += usize::from(key < pivot);
            end -= usize::from(key > pivot);
        }
        to[start..end].fill(T::of_key(pivot));
    }, complex C => no_keys("split")?);
    Ok(out)
}

/// Two split blocks, with as many of the lowest of both in the first one as it holds.
pub(super) fn exchange(mut a: Block, mut b: Block, p: &Block) -> Result<Vec<Block>, KernelError> {
    if [&a, &b].iter().any(|x| x.dtype() != p.dtype() || x.shape().len() != 1) {
        return Err(KernelError::mismatch("exchange", "blocks of another dtype than the pivot's, or of more axes"));
    }
    with_key!(p.dtype(), T => exchanged(a.as_mut_slice::<T>(), b.as_mut_slice::<T>(), pivot::<T>("exchange", p)?),
        complex C => no_keys("exchange")?);
    let mut made = one(a);
    made.push(b);
    Ok(made)
}

fn exchanged<T: Key>(a: &mut [T], b: &mut [T], pivot: u64) {
    // Where elements that are not below begin, and those that are above.
    let bounds = |x: &[T]| (x.partition_point(|x| x.key() < pivot), x.partition_point(|x| x.key() <= pivot));
    let ((low_a, high_a), (low_b, high_b)) = (bounds(a), bounds(b));
    // What is above in `a` for what is not in `b`, from its end.
    let n = (a.len() - high_a).min(high_b);
    let rest = a.len() - n;
    a[rest..].swap_with_slice(&mut b[high_b - n..high_b]);
    let left = low_b.min(high_b - n);
    if rest > high_a {
        // All of `b` is above, and some of `a`.
        order(a, pivot);
        return;
    }
    turn(a, low_a, rest, rest + low_b - left);
    let low_a = low_a + low_b - left;
    // What is equal in `a` for what is below in `b`.
    let n = (a.len() - low_a).min(left);
    let rest = a.len() - n;
    a[rest..].swap_with_slice(&mut b[..n]);
    turn(a, low_a, rest, a.len());
    turn(b, 0, n, left);
}

/// Two runs of neighbours in each other's place; their own elements in any order.
fn turn<T>(x: &mut [T], start: usize, middle: usize, end: usize) {
    let n = (middle - start).min(end - middle);
    for i in 0..n {
        x.swap(start + i, end - 1 - i);
    }
}

/// Splits a block where it lies.
fn order<T: Key>(x: &mut [T], pivot: u64) {
    let (mut start, mut at, mut end) = (0, 0, x.len());
    while at < end {
        let key = x[at].key();
        if key < pivot {
            x.swap(start, at);
            (start, at) = (start + 1, at + 1);
        } else if key > pivot {
            end -= 1;
            x.swap(at, end);
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sort;
    use super::*;
    use crate::element::Element;

    fn of<T: Element>(elements: &[T]) -> Block {
        Block::from_slice(elements, &[elements.len()])
    }

    /// Every place in one block, and every cut into two blocks at every place.
    fn agrees<T: Key>(elements: &[T]) {
        let whole = of(elements);
        let wanted = sort::sort_values(&whole, 0).unwrap();
        for k in 0..elements.len() {
            let p = of(&[wanted.as_slice::<T>()[k]]);
            let one = lines(&whole, 0, &of(&[k as i64])).unwrap();
            partitioned(one.as_slice::<T>(), k, &wanted);
            for cut in 0..=elements.len() {
                let [a, b] = [&elements[..cut], &elements[cut..]].map(|part| split(&[&of(part)], &p).unwrap());
                let made = exchange(a, b, &p).unwrap();
                assert_eq!([made[0].len(), made[1].len()], [cut, elements.len() - cut]);
                partitioned(&[made[0].as_slice::<T>(), made[1].as_slice::<T>()].concat(), k, &wanted);
            }
        }
    }

    fn partitioned<T: Key>(made: &[T], k: usize, wanted: &Block) {
        let at = wanted.as_slice::<T>()[k].key();
        assert_eq!(made[k].key(), at, "place {k} of {made:?}");
        assert!(made[..k].iter().all(|x| x.key() <= at) && made[k..].iter().all(|x| x.key() >= at), "place {k} of {made:?}");
        assert_eq!(sort::sort_values(&of(made), 0).unwrap().bytes(), wanted.bytes(), "{made:?}");
    }

    #[test]
    fn every_place_of_every_cut_is_partitioned() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        agrees(&[0.5, -0.0, inf, nan, 0.0, -inf, -nan, -0.5, 0.5, 5e-324, 0.5]);
        agrees(&[0.5f32, f32::NAN, -0.0, 0.0, f32::NEG_INFINITY, 0.5]);
        agrees(&[3i8, -128, 127, 3, 0, -1, 3]);
        agrees(&[u64::MAX, 0, 1 << 63, 0]);
        agrees(&[true, false, true, true, false]);
        agrees(&[7i32; 6]);
        agrees(&[9i64, 8, 7, 6, 5, 4, 3, 2, 1]);
        agrees(&(0..40).map(|i| i * 7919 % 23).collect::<Vec<i64>>());
    }

    #[test]
    fn lines_of_any_axis_are_partitioned() {
        let x = Block::from_slice(&[3, 1, 2, 9, 7, 8], &[2, 3]);
        let rows = lines(&x, 1, &Block::scalar(-3i64)).unwrap();
        assert_eq!((rows.as_slice::<i32>()[0], rows.as_slice::<i32>()[3]), (1, 7));
        let columns = lines(&x, 0, &Block::scalar(1i64)).unwrap();
        assert_eq!(columns.as_slice::<i32>(), [3, 1, 2, 9, 7, 8]);
    }

    #[test]
    fn operands_that_lie_are_mismatches() {
        let (x, p) = (of(&[1.0, 2.0]), of(&[1.0]));
        let outside = KernelError::Index { index: 2, axis: 0, size: 2 };
        assert_eq!(lines(&x, 0, &of(&[2i64])).unwrap_err(), outside);
        for bad in [
            lines(&x, 0, &of(&[0i64, 1])),
            lines(&x, 0, &p),
            lines(&x, 1, &of(&[0i64])),
            split(&[&x], &of(&[1i64])),
            split(&[&x], &x),
            exchange(x.clone(), of(&[1i64]), &p).map(|mut made| made.remove(0)),
            exchange(x.clone(), x.clone(), &x).map(|mut made| made.remove(0)),
        ] {
            assert!(matches!(bad, Err(KernelError::Mismatch { .. })), "{bad:?}");
        }
    }
}
