//! Elements at certain places of an order, found without sorting.
//!
//! Inside one block a selection partitions keys. Over blocks it finds a key digit by digit (`tile/select`):
//! `tally` counts what a block has of each next digit, `narrow` walks the counts of all blocks up to the place.

use super::super::{KernelError, room, stale_room};
use super::key::{Key, with_key};
use crate::block::Block;
use crate::native::{Loop, vectorised};
use nums_ir::data::digit;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;

/// Keys that are looked at together.
const CHUNK: usize = 64;

fn no_keys() -> Result<(), KernelError> {
    Err(KernelError::mismatch("select", "complex numbers have no keys"))
}

/// Positions of an order, counted from its beginning.
pub(super) fn places(name: &str, lists: &[&Block], size: usize) -> Result<Vec<usize>, KernelError> {
    let mut found = Vec::new();
    for list in lists {
        if list.dtype() != DType::I64 {
            return Err(KernelError::mismatch(name, "a position is i64"));
        }
        for &index in list.as_slice::<i64>() {
            let from_front = if index < 0 { index.checked_add_unsigned(size as u64) } else { Some(index) };
            let place = from_front.and_then(|i| usize::try_from(i).ok()).filter(|i| *i < size);
            found.push(place.ok_or(KernelError::Index { index, axis: 0, size })?);
        }
    }
    Ok(found)
}

/// The elements of one block at places of its order; of no floats, with `nan`, NaN.
pub(super) fn select(x: &Block, lists: &[&Block], nan: bool) -> Result<Block, KernelError> {
    if nan && x.is_empty() && matches!(x.dtype(), DType::F32 | DType::F64) {
        let wanted = lists.iter().map(|list| list.len()).sum();
        return super::super::make::fill(&[wanted], x.dtype(), [Scalar::Float(f64::NAN)]);
    }
    let places = places("select", lists, x.len())?;
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|i| places[*i]);
    let mut out = stale_room("select", x.dtype(), &[places.len()])?;
    with_key!(x.dtype(), T => {
        let mut keys: Vec<u64> = x.as_slice::<T>().iter().map(|x| x.key()).collect();
        let to = out.as_mut_slice::<T>();
        // Each selection leaves what is larger behind it.
        let (mut rest, mut begin, mut last) = (&mut keys[..], 0, 0);
        for i in order {
            if places[i] >= begin {
                let (_, key, behind) = rest.select_nth_unstable(places[i] - begin);
                (last, rest, begin) = (*key, behind, places[i] + 1);
            }
            to[i] = T::of_key(last);
        }
        Ok(())
    }, complex C => no_keys())?;
    Ok(out)
}

/// What is known of elements before a digit is: nothing, and their places.
pub(super) fn ranks(lists: &[&Block], low: usize, len: usize, size: usize) -> Result<Block, KernelError> {
    let places = places("ranks", lists, size)?;
    let Some(places) = low.checked_add(len).and_then(|end| places.get(low..end)) else {
        return Err(KernelError::mismatch("ranks", format!("{} positions", places.len())));
    };
    let mut out = room("ranks", DType::U64, &[len, 2])?;
    for (row, place) in out.as_mut_slice::<u64>().chunks_exact_mut(2).zip(places) {
        row[1] = *place as u64;
    }
    Ok(out)
}

/// Rows of digits that are known and a rank among the elements that have them.
fn rows<'a>(name: &str, known: &'a Block) -> Result<impl ExactSizeIterator<Item = (u64, u64)> + Clone + 'a, KernelError> {
    match (known.dtype(), known.shape()) {
        (DType::U64, [_, 2]) => Ok(known.as_slice::<u64>().chunks_exact(2).map(|row| (row[0], row[1]))),
        _ => Err(KernelError::mismatch(name, format!("what is known as {}{:?}", known.dtype(), known.shape()))),
    }
}

/// How many elements have the digits that are known, by the next one.
pub(super) fn tally(x: &Block, known: Option<&Block>, number: usize) -> Result<Block, KernelError> {
    let Some((shift, bits)) = digit(x.dtype(), number).filter(|_| (number == 0) == known.is_none()) else {
        return Err(KernelError::mismatch("tally", format!("digit {number} of {}", x.dtype())));
    };
    let heads: Vec<u64> = match known {
        Some(known) => rows("tally", known)?.map(|(head, _)| head).collect(),
        None => vec![0],
    };
    // Positions often share what is known of them: what is the same is counted once.
    let mut distinct = heads.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let wide = 1 << bits;
    let mut counts = vec![0i64; distinct.len() * wide];
    with_key!(x.dtype(), T => {
        let heads = if known.is_some() { &distinct[..] } else { &[] };
        vectorised(Tally { x: x.as_slice::<T>(), heads, shift, bits, counts: &mut counts });
        Ok(())
    }, complex C => no_keys())?;
    let mut out = stale_room("tally", DType::I64, &[heads.len(), wide])?;
    for (row, head) in out.as_mut_slice::<i64>().chunks_exact_mut(wide).zip(&heads) {
        let at = distinct.partition_point(|d| d < head) * wide;
        row.copy_from_slice(&counts[at..at + wide]);
    }
    Ok(out)
}

/// The loop of a count: of all elements where no heads are known.
struct Tally<'a, T> {
    x: &'a [T],
    heads: &'a [u64],
    shift: u32,
    bits: u32,
    counts: &'a mut [i64],
}

impl<T: Key> Loop for Tally<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let mask = (1 << self.bits) - 1;
        let next = |key: u64| (key >> self.shift & mask) as usize;
        if self.heads.is_empty() {
            self.x.iter().for_each(|x| self.counts[next(x.key())] += 1);
            return;
        }
        let before = self.shift + self.bits;
        for chunk in self.x.chunks(CHUNK) {
            let mut keys = [0; CHUNK];
            let keys = &mut keys[..chunk.len()];
            keys.iter_mut().zip(chunk).for_each(|(key, x)| *key = x.key());
            // Few elements have the digits that are known: most chunks have none, which no branch asks of single ones.
            let has = |head: &u64| keys.iter().fold(false, |any, key| any | (key >> before == *head));
            if !self.heads.iter().fold(false, |any, head| any | has(head)) {
                continue;
            }
            for key in &*keys {
                if let Some(row) = self.heads.iter().position(|head| key >> before == *head) {
                    self.counts[(row << self.bits) + next(*key)] += 1;
                }
            }
        }
    }
}

/// The digit in whose elements each rank falls, added to what is known, and the rank among these.
pub(super) fn narrow(counts: &Block, known: &Block) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("narrow", why);
    let known = rows("narrow", known)?;
    let wide = match (counts.dtype(), counts.shape()) {
        (DType::I64, [n, wide]) if (*n == 1 || *n == known.len()) && wide.is_power_of_two() => *wide,
        _ => return Err(wrong("the counts have another shape")),
    };
    let of_all = counts.shape()[0] == 1;
    let mut out = room("narrow", DType::U64, &[known.len(), 2])?;
    for (i, (to, (head, rank))) in out.as_mut_slice::<u64>().chunks_exact_mut(2).zip(known).enumerate() {
        let at = if of_all { 0 } else { i * wide };
        let mut rest = rank;
        let mut inside = |count: &i64| match rest.checked_sub(count.unsigned_abs()) {
            Some(behind) => {
                rest = behind;
                false
            }
            None => true,
        };
        let digit = counts.as_slice::<i64>()[at..at + wide].iter().position(&mut inside);
        let digit = digit.ok_or_else(|| wrong("fewer elements than the rank"))?;
        to.copy_from_slice(&[head.wrapping_mul(wide as u64) | digit as u64, rest]);
    }
    Ok(out)
}

/// The elements whose keys are known.
pub(super) fn elements(dtype: DType, known: &[&Block]) -> Result<Block, KernelError> {
    let mut keys = Vec::new();
    for part in known {
        keys.extend(rows("elements", part)?.map(|(key, _)| key));
    }
    let mut out = stale_room("elements", dtype, &[keys.len()])?;
    with_key!(dtype, T => {
        out.as_mut_slice::<T>().iter_mut().zip(&keys).for_each(|(to, key)| *to = T::of_key(*key));
        Ok(())
    }, complex C => no_keys())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Element;
    use crate::kernel::data::sort;
    use nums_ir::data::digits;

    fn of<T: Element>(elements: &[T]) -> Block {
        Block::from_slice(elements, &[elements.len()])
    }

    /// All places of an order, by digits over the halves of a block and inside one.
    fn agrees_with_a_sort<T: Element>(elements: &[T]) {
        let sorted = sort::sort_values(&of(elements), 0).unwrap();
        let all = of(&(0..elements.len() as i64).rev().collect::<Vec<_>>());
        let (low, high) = elements.split_at(elements.len() / 3);
        let mut known = ranks(&[&all], 0, elements.len(), elements.len()).unwrap();
        for number in 0..digits(T::DTYPE) {
            let before = (number > 0).then_some(&known);
            let counts = [low, high].map(|part| tally(&of(part), before, number).unwrap());
            let sum: Vec<i64> = counts[0].as_slice::<i64>().iter().zip(counts[1].as_slice::<i64>()).map(|(a, b)| a + b).collect();
            known = narrow(&Block::from_slice(&sum, counts[0].shape()), &known).unwrap();
        }
        let digits = elements_of(T::DTYPE, &known);
        let back: Vec<T> = sorted.as_slice::<T>().iter().rev().copied().collect();
        assert_eq!(digits.bytes(), of(&back).bytes(), "{elements:?}");
        assert_eq!(select(&of(elements), &[&all], false).unwrap().bytes(), of(&back).bytes(), "{elements:?}");
    }

    fn elements_of(dtype: DType, known: &Block) -> Block {
        elements(dtype, &[known]).unwrap()
    }

    #[test]
    fn selections_agree_with_sorts_bit_for_bit() {
        agrees_with_a_sort(&[true, false, true, true]);
        agrees_with_a_sort(&[3i8, -128, 127, 3, 0, -1]);
        agrees_with_a_sort(&[3u16, 65535, 0, 3]);
        agrees_with_a_sort(&[7i32, i32::MIN, i32::MAX, -7, 0]);
        agrees_with_a_sort(&[7i64, i64::MIN, i64::MAX, -7, 0, 7, 7]);
        agrees_with_a_sort(&[u64::MAX, 0, 1 << 63]);
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let odd = f64::from_bits(nan.to_bits() | 5);
        agrees_with_a_sort(&[0.5, -0.0, inf, nan, 0.0, -inf, -nan, -odd, odd, -0.5, 5e-324, f64::MAX, f64::MIN, 0.5]);
        let nan = f32::NAN;
        agrees_with_a_sort(&[0.5f32, -0.0, f32::INFINITY, nan, 0.0, f32::NEG_INFINITY, -nan, -0.5, 1e-45, f32::MAX, f32::MIN]);
        let many: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 487) / 8.0 - 20.0).collect();
        agrees_with_a_sort(&many);
    }

    #[test]
    fn places_count_from_both_ends_and_outside_is_told() {
        let x = of(&[4.0, 1.0, 3.0]);
        assert_eq!(select(&x, &[&of(&[-1i64, 0]), &Block::scalar(1i64)], false).unwrap().as_slice::<f64>(), [4.0, 1.0, 3.0]);
        let outside = KernelError::Index { index: 3, axis: 0, size: 3 };
        assert_eq!(select(&x, &[&of(&[3i64])], false).unwrap_err(), outside);
        assert_eq!(ranks(&[&of(&[3i64])], 0, 1, 3).unwrap_err(), outside);
    }

    #[test]
    fn operands_that_lie_are_mismatches() {
        let (x, k) = (of(&[4.0, 1.0]), of(&[0i64]));
        let known = ranks(&[&k], 0, 1, 2).unwrap();
        let counts = tally(&x, None, 0).unwrap();
        let far = Block::from_slice(&[0u64, 9], &[1, 2]);
        for bad in [
            select(&x, &[&x], false),
            ranks(&[&k], 1, 1, 2),
            ranks(&[&k], usize::MAX, 2, 2),
            tally(&x, None, 1),
            tally(&x, Some(&known), 0),
            tally(&x, Some(&known), 6),
            tally(&x, Some(&k), 1),
            narrow(&k, &known),
            narrow(&counts, &far),
            elements(DType::F64, &[&counts]),
            elements(DType::C128, &[&known]),
        ] {
            assert!(matches!(bad, Err(KernelError::Mismatch { .. })), "{bad:?}");
        }
    }
}
