//! NumPy's order, NaN last and complex numbers by real, then imaginary part; extremes and largest elements by it.

use super::super::{KernelError, room};
use super::{no_axis, split};
use crate::block::Block;
use crate::element::{Element, Slice, c64, c128, with_type};
use crate::native::{Loop, vectorised};
use nums_ir::dtype::DType;
use nums_ir::ops::ReduceOp;
use std::cmp::Ordering;

/// Elements in NumPy's order.
pub(super) trait Order: Element {
    /// Equal where NumPy's are: ±0 and all NaN.
    fn order(&self, other: &Self) -> Ordering;
    /// `order`, and bits where it says equal.
    fn total(&self, other: &Self) -> Ordering;
    /// Whether it is NaN.
    fn is_nan(&self) -> bool;
    /// `order`, of two that are not NaN.
    fn less(&self, other: &Self) -> bool;
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
            #[inline(always)]
            fn less(&self, other: &Self) -> bool { self < other }
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
            #[inline(always)]
            fn less(&self, other: &Self) -> bool { self < other }
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
            #[inline(always)]
            fn less(&self, other: &Self) -> bool { self.re < other.re || (self.re == other.re && self.im < other.im) }
        }
    )*};
}
order_float! { f32, c64; f64, c128; }

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
        if after == 1 && n >= LONG {
            for (line, to) in from.chunks_exact(n).zip(to) {
                *to = vectorised(BestPlace { line, max: op == ReduceOp::Max }) as i64;
            }
            return;
        }
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

/// Elements of a line for which that is worth its beginning and its end.
const LONG: usize = 256;
/// Elements whose best is found side by side.
const LANES: usize = 32;
/// Elements whose best is found before anybody asks where it is.
const CHUNK: usize = 1024;

/// The position of the best of a line: the best of each chunk first, then its place in the first chunk that has it.
struct BestPlace<'a, T> {
    line: &'a [T],
    max: bool,
}

impl<T: Order> Loop for BestPlace<'_, T> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        if self.max {
            best_place(self.line, |new, best| best.less(new))
        } else {
            best_place(self.line, |new, best| new.less(best))
        }
    }
}

#[inline(always)]
fn best_place<T: Order>(line: &[T], better: impl Fn(&T, &T) -> bool + Copy) -> usize {
    let mut best = (0, line[0]);
    for (i, chunk) in line.chunks(CHUNK).enumerate() {
        let Some(found) = best_of(chunk, best.1, better) else {
            return i * CHUNK + chunk.iter().position(Order::is_nan).unwrap_or(0);
        };
        if better(&found, &best.1) {
            best = (i * CHUNK, found);
        }
    }
    let same = |x: &T| x.order(&best.1) == Ordering::Equal;
    best.0 + line[best.0..].iter().position(same).unwrap_or(0)
}

/// The best of some elements and one before them; `None` where one is NaN.
#[inline(always)]
fn best_of<T: Order>(chunk: &[T], before: T, better: impl Fn(&T, &T) -> bool) -> Option<T> {
    let (mut lanes, mut nan) = ([before; LANES], [false; LANES]);
    let mut rows = chunk.chunks_exact(LANES);
    for row in &mut rows {
        for k in 0..LANES {
            lanes[k] = if better(&row[k], &lanes[k]) { row[k] } else { lanes[k] };
            nan[k] |= row[k].is_nan();
        }
    }
    let mut best = before;
    for x in rows.remainder().iter().chain(&lanes) {
        nan[0] |= x.is_nan();
        best = if better(x, &best) { *x } else { best };
    }
    (!nan.contains(&true)).then_some(best)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The position by chunks and one by one, alone and as lines of a block.
    fn agrees<T: Order>(elements: &[T]) {
        for op in [ReduceOp::Max, ReduceOp::Min] {
            let one_by_one =
                (1..elements.len()).fold(0, |best, k| if beats(op, &elements[k], &elements[best]) { k } else { best });
            let twice = Block::from_slice(&[elements, elements].concat(), &[2, elements.len()]);
            let made = arg_best(op, &twice, 1, 10).unwrap();
            assert_eq!(made[1].as_slice::<i64>(), [one_by_one as i64 + 10; 2], "{op:?} of {elements:?}");
            let down = arg_best(op, &Block::from_slice(elements, &[elements.len(), 1]), 0, 10).unwrap();
            assert_eq!(down[1].as_slice::<i64>(), &made[1].as_slice::<i64>()[..1]);
        }
    }

    #[test]
    fn chunks_find_the_first_of_the_best() {
        for n in [1, 255, 256, 1024, 1025, 3000] {
            let even: Vec<f64> = (0..n).map(|i| f64::from(i * 7919 % 101)).collect();
            agrees(&even);
            agrees(&even.iter().map(|x| *x as i64 - 50).collect::<Vec<_>>());
            agrees(&even.iter().map(|x| c64::new(*x as f32 % 3.0, -*x as f32)).collect::<Vec<_>>());
            agrees(&vec![true; n as usize]);
            for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 100.0] {
                for at in [0, n / 2, n - 1] {
                    let mut line = even.clone();
                    (line[at as usize], line[n as usize / 3]) = (odd, odd);
                    agrees(&line);
                }
            }
        }
        agrees(&[[-0.0f32; 300], [0.0; 300]].concat());
        agrees(&[[f32::NEG_INFINITY; 300], [f32::NAN; 300]].concat());
    }
}
