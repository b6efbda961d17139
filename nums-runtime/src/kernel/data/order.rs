//! Sorts, merges, extremes, largest elements and searches by NumPy's order: NaN last, complex numbers by real, then imaginary part.
//!
//! Sorting is by a total order that agrees with NumPy's and tells -0.0 from 0.0, so that the result is the same for any cut.
//! Positions break ties, which makes every sort stable.

use super::super::{KernelError, room};
use super::{no_axis, split};
use crate::block::Block;
use crate::element::{Element, Slice, c64, c128, with_type};
use nums_ir::dtype::DType;
use nums_ir::ops::ReduceOp;
use std::cmp::Ordering;

/// Elements in NumPy's order.
trait Order: Element {
    /// Equal where NumPy's are: ±0 and all NaN.
    fn order(&self, other: &Self) -> Ordering;
    /// `order`, and bits where it says equal.
    fn total(&self, other: &Self) -> Ordering;
    /// Whether it is NaN.
    fn is_nan(&self) -> bool;
}

macro_rules! order_int {
    ($($t:ty)*) => {$(
        impl Order for $t {
            #[inline(always)]
            fn order(&self, other: &Self) -> Ordering { self.cmp(other) }
            #[inline(always)]
            fn total(&self, other: &Self) -> Ordering { self.cmp(other) }
            #[inline(always)]
            fn is_nan(&self) -> bool { false }
        }
    )*};
}
order_int!(bool i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! order_float {
    ($($t:ty, $c:ty;)*) => {$(
        impl Order for $t {
            #[inline(always)]
            fn order(&self, other: &Self) -> Ordering {
                self.partial_cmp(other).unwrap_or_else(|| <$t>::is_nan(*self).cmp(&<$t>::is_nan(*other)))
            }
            #[inline(always)]
            fn total(&self, other: &Self) -> Ordering {
                match (<$t>::is_nan(*self), <$t>::is_nan(*other)) {
                    (false, false) => self.total_cmp(other),
                    (true, true) => self.to_bits().cmp(&other.to_bits()),
                    (a, b) => a.cmp(&b),
                }
            }
            #[inline(always)]
            fn is_nan(&self) -> bool { <$t>::is_nan(*self) }
        }
        impl Order for $c {
            #[inline(always)]
            fn order(&self, other: &Self) -> Ordering {
                let nan = |z: &Self| z.re.is_nan() | z.im.is_nan();
                nan(self).cmp(&nan(other)).then_with(|| self.re.order(&other.re)).then_with(|| self.im.order(&other.im))
            }
            #[inline(always)]
            fn total(&self, other: &Self) -> Ordering {
                self.order(other).then_with(|| self.re.total(&other.re)).then_with(|| self.im.total(&other.im))
            }
            #[inline(always)]
            fn is_nan(&self) -> bool { self.re.is_nan() | self.im.is_nan() }
        }
    )*};
}
order_float! { f32, c64; f64, c128; }

/// The block sorted along an axis, and the positions of a stable sort, `offset` on.
pub(super) fn sort(x: &Block, axis: usize, offset: usize) -> Result<(Block, Block), KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("sort", axis, x))?;
    let (mut values, mut places) = (x.clone(), room("sort", DType::I64, x.shape())?);
    with_type!(x.dtype(), T => {
        let from = x.as_slice::<T>();
        let (to, index) = (values.as_mut_slice::<T>(), places.as_mut_slice::<i64>());
        let mut order: Vec<u32> = Vec::with_capacity(n);
        for b in 0..before {
            for a in 0..after {
                let at = |k: usize| (b * n + k) * after + a;
                order.clear();
                order.extend(0..n as u32);
                order.sort_unstable_by(|p, q| from[at(*p as usize)].order(&from[at(*q as usize)]).then(p.cmp(q)));
                for (k, p) in order.iter().enumerate() {
                    index[at(k)] = (offset + *p as usize) as i64;
                    to[at(k)] = from[at(*p as usize)];
                }
            }
        }
    });
    Ok((values, places))
}

/// The block sorted along an axis, without positions.
pub(super) fn sort_values(x: &Block, axis: usize) -> Result<Block, KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("sort", axis, x))?;
    let mut values = x.clone();
    with_type!(x.dtype(), T => {
        let all = values.as_mut_slice::<T>();
        if after == 1 && n > 0 {
            all.chunks_mut(n).for_each(|lane| lane.sort_unstable_by(Order::total));
        } else {
            let mut lane: Vec<T> = Vec::with_capacity(n);
            for b in 0..before {
                for a in 0..after {
                    let at = |k: usize| (b * n + k) * after + a;
                    lane.clear();
                    lane.extend((0..n).map(|k| all[at(k)]));
                    lane.sort_unstable_by(Order::total);
                    lane.iter().enumerate().for_each(|(k, x)| all[at(k)] = *x);
                }
            }
        }
    });
    Ok(values)
}

/// Two sorted blocks merged and cut again at the first one's size; positions, where they are given, go along and break ties.
pub(super) fn merge(a: &Block, b: &Block, places: Option<(&Block, &Block)>, axis: usize) -> Result<Vec<Block>, KernelError> {
    let wrong = || KernelError::mismatch("merge", "blocks that do not belong together");
    let ((before, m, after), (b2, n, a2)) =
        (split(a.shape(), axis).ok_or_else(wrong)?, split(b.shape(), axis).ok_or_else(wrong)?);
    if (before, after) != (b2, a2) || a.dtype() != b.dtype() || a.shape().len() != b.shape().len() {
        return Err(wrong());
    }
    let positions = |p: &Block, of: &Block| p.dtype() == DType::I64 && p.shape() == of.shape();
    if places.is_some_and(|(p, q)| !positions(p, a) || !positions(q, b)) {
        return Err(wrong());
    }
    let (mut low, mut high) = (a.clone(), b.clone());
    let mut made = places.map(|(p, q)| (p.clone(), q.clone()));
    with_type!(a.dtype(), T => {
        let (left, right) = (a.as_slice::<T>(), b.as_slice::<T>());
        for o in 0..before {
            for i in 0..after {
                let (at_a, at_b) = (|k: usize| (o * m + k) * after + i, |k: usize| (o * n + k) * after + i);
                let (mut p, mut q) = (0, 0);
                for k in 0..m + n {
                    let from_left = match (p < m, q < n) {
                        (true, true) => {
                            let (x, y) = (&left[at_a(p)], &right[at_b(q)]);
                            match places {
                                None => x.total(y) != Ordering::Greater,
                                Some((s, t)) => {
                                    let tie = || s.as_slice::<i64>()[at_a(p)].cmp(&t.as_slice::<i64>()[at_b(q)]);
                                    x.order(y).then_with(tie) != Ordering::Greater
                                }
                            }
                        }
                        (left, _) => left,
                    };
                    let value = if from_left { left[at_a(p)] } else { right[at_b(q)] };
                    if k < m { low.as_mut_slice::<T>()[at_a(k)] = value } else { high.as_mut_slice::<T>()[at_b(k - m)] = value }
                    if let (Some((s, t)), Some((low, high))) = (places, &mut made) {
                        let place = if from_left { s.as_slice::<i64>()[at_a(p)] } else { t.as_slice::<i64>()[at_b(q)] };
                        if k < m { low.as_mut_slice::<i64>()[at_a(k)] = place } else { high.as_mut_slice::<i64>()[at_b(k - m)] = place }
                    }
                    if from_left { p += 1 } else { q += 1 }
                }
            }
        }
    });
    Ok(match made {
        None => vec![low, high],
        Some((p, q)) => vec![low, p, high, q],
    })
}

/// Whether `new` is better than the best so far, which it follows: NaN is best, and the first of equals.
fn beats<T: Order>(op: ReduceOp, new: &T, best: &T) -> bool {
    match (best.is_nan(), new.is_nan()) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => new.order(best) == if op == ReduceOp::Max { Ordering::Greater } else { Ordering::Less },
    }
}

/// Value and position of the best element along an axis.
pub(super) fn arg_best(op: ReduceOp, x: &Block, axis: usize, offset: usize) -> Result<Vec<Block>, KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("arg_best", axis, x))?;
    if n == 0 {
        return Err(KernelError::EmptyReduction(op));
    }
    let mut shape = x.shape().to_vec();
    shape[axis] = 1;
    let (mut values, mut places) = (room("arg_best", x.dtype(), &shape)?, room("arg_best", DType::I64, &shape)?);
    best_places(op, x.slice(), (before, n, after), places.as_mut_slice());
    with_type!(x.dtype(), T => {
        let from = x.as_slice::<T>();
        for (at, (to, place)) in values.as_mut_slice::<T>().iter_mut().zip(places.as_mut_slice::<i64>()).enumerate() {
            *to = from[(at / after * n + *place as usize) * after + at % after];
            *place += offset as i64;
        }
    });
    Ok(vec![values, places])
}

/// Positions of the best along the middle one of three axes, of which it has one or more.
pub(in crate::kernel) fn best_places(op: ReduceOp, from: Slice<'_>, (before, n, after): (usize, usize, usize), to: &mut [i64]) {
    with_type!(from.dtype(), T => {
        let from = T::slice(from).unwrap_or_default();
        for b in 0..before {
            for a in 0..after {
                let at = |k: usize| (b * n + k) * after + a;
                let mut best = 0;
                for k in 1..n {
                    if beats(op, &from[at(k)], &from[at(best)]) {
                        best = k;
                    }
                }
                to[b * after + a] = best as i64;
            }
        }
    });
}

/// The better of two, element by element; the first where they are equal.
pub(super) fn arg_join(op: ReduceOp, a: (&Block, &Block), b: (&Block, &Block)) -> Result<Vec<Block>, KernelError> {
    let alike = a.0.dtype() == b.0.dtype() && a.0.shape() == b.0.shape();
    let places = [a.1, b.1].iter().all(|p| p.dtype() == DType::I64 && p.shape() == a.0.shape());
    if !alike || !places {
        return Err(KernelError::mismatch("arg_join", "blocks that do not belong together"));
    }
    let (mut values, mut index) = (a.0.clone(), a.1.clone());
    with_type!(values.dtype(), T => {
        let (to, other) = (values.as_mut_slice::<T>(), b.0.as_slice::<T>());
        for (k, (best, new)) in to.iter_mut().zip(other).enumerate() {
            if beats(op, new, best) {
                *best = *new;
                index.as_mut_slice::<i64>()[k] = b.1.as_slice::<i64>()[k];
            }
        }
    });
    Ok(vec![values, index])
}

/// Values and positions of the `k` largest elements along an axis, or of all, the largest first and the first of equals.
pub(super) fn top(x: &Block, axis: usize, offset: usize, k: usize) -> Result<Vec<Block>, KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("top", axis, x))?;
    let kept = k.min(n);
    let mut shape = x.shape().to_vec();
    shape[axis] = kept;
    let (mut values, mut places) = (room("top", x.dtype(), &shape)?, room("top", DType::I64, &shape)?);
    with_type!(x.dtype(), T => {
        let from = x.as_slice::<T>();
        let (to, index) = (values.as_mut_slice::<T>(), places.as_mut_slice::<i64>());
        let mut order: Vec<u32> = Vec::with_capacity(n);
        for b in 0..before {
            for a in 0..after {
                let at = |k: usize| (b * n + k) * after + a;
                let better = |p: &u32, q: &u32| from[at(*q as usize)].order(&from[at(*p as usize)]).then(p.cmp(q));
                order.clear();
                order.extend(0..n as u32);
                if 0 < kept && kept < n {
                    order.select_nth_unstable_by(kept - 1, better);
                }
                order.truncate(kept);
                order.sort_unstable_by(better);
                for (k, p) in order.iter().enumerate() {
                    let made = (b * kept + k) * after + a;
                    to[made] = from[at(*p as usize)];
                    index[made] = (offset + *p as usize) as i64;
                }
            }
        }
    });
    Ok(vec![values, places])
}

/// The `k` largest of two such lists, by positions where they are equal.
pub(super) fn top_join(a: (&Block, &Block), b: (&Block, &Block), axis: usize, k: usize) -> Result<Vec<Block>, KernelError> {
    let wrong = || KernelError::mismatch("top_join", "blocks that do not belong together");
    let (before, m, after) = split(a.0.shape(), axis).ok_or_else(wrong)?;
    let (b2, n, a2) = split(b.0.shape(), axis).ok_or_else(wrong)?;
    let places = [a, b].iter().all(|(x, p)| p.dtype() == DType::I64 && p.shape() == x.shape());
    if (before, after) != (b2, a2) || a.0.shape().len() != b.0.shape().len() || a.0.dtype() != b.0.dtype() || !places {
        return Err(wrong());
    }
    let kept = k.min(m + n);
    let mut shape = a.0.shape().to_vec();
    shape[axis] = kept;
    let (mut values, mut index) = (room("top_join", a.0.dtype(), &shape)?, room("top_join", DType::I64, &shape)?);
    let (s, t) = (a.1.as_slice::<i64>(), b.1.as_slice::<i64>());
    with_type!(a.0.dtype(), T => {
        let (left, right) = (a.0.as_slice::<T>(), b.0.as_slice::<T>());
        let (to, made) = (values.as_mut_slice::<T>(), index.as_mut_slice::<i64>());
        for o in 0..before {
            for i in 0..after {
                let (mut p, mut q) = (0, 0);
                for k in 0..kept {
                    let (at_a, at_b) = ((o * m + p) * after + i, (o * n + q) * after + i);
                    let from_left = match (p < m, q < n) {
                        (true, true) => right[at_b].order(&left[at_a]).then_with(|| s[at_a].cmp(&t[at_b])) != Ordering::Greater,
                        (left, _) => left,
                    };
                    let at = (o * kept + k) * after + i;
                    (to[at], made[at]) = if from_left { (left[at_a], s[at_a]) } else { (right[at_b], t[at_b]) };
                    if from_left { p += 1 } else { q += 1 }
                }
            }
        }
    });
    Ok(vec![values, index])
}

/// How many elements of the sorted block are before each of `v`.
pub(super) fn search(a: &Block, v: &Block, right: bool) -> Result<Block, KernelError> {
    if a.dtype() != v.dtype() || a.shape().len() != 1 {
        return Err(KernelError::mismatch("search", format!("{}{:?} beside {}", a.dtype(), a.shape(), v.dtype())));
    }
    let mut out = room("search", DType::I64, v.shape())?;
    with_type!(a.dtype(), T => {
        let sorted = a.as_slice::<T>();
        for (count, x) in out.as_mut_slice::<i64>().iter_mut().zip(v.as_slice::<T>()) {
            let before = |s: &T| match s.order(x) {
                Ordering::Less => true,
                Ordering::Equal => right,
                Ordering::Greater => false,
            };
            *count = sorted.partition_point(before) as i64;
        }
    });
    Ok(out)
}
