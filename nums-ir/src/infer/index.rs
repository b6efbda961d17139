//! The shape of a basic index: NumPy's clipping of slices on symbolic sizes.
//!
//! A bound whose sign a symbol decides is read as the generic symbol says (`x[:k]` takes k elements, `x[:-k]` drops k); `bind`
//! computes it anew with the numbers.

use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::func::{IndexItem, Size};
use crate::types::{Shape, Type};

pub(super) fn index(x: &Type, items: &[IndexItem], loc: Loc) -> Result<Type, Diag> {
    let Some(dims) = x.dims() else { return Ok(Type { dtype: x.dtype, shape: Shape::Any, weak: false }) };
    let taken = items.iter().filter(|i| matches!(i, IndexItem::At(_) | IndexItem::Slice { .. })).count();
    if taken > dims.len() {
        let axes = super::count(dims.len(), "axis", "axes");
        return Err(Diag::new(loc, format!("too many indices: {x} has {axes}, {} indexed", super::are(taken))));
    }
    if items.iter().filter(|i| matches!(i, IndexItem::Ellipsis)).count() > 1 {
        return Err(Diag::new(loc, "an index can only have a single ellipsis (`...`)"));
    }
    let (mut out, mut axis) = (Vec::new(), 0);
    for item in items {
        match item {
            IndexItem::NewAxis => out.push(Dim::Const(1)),
            IndexItem::Ellipsis => {
                for _ in taken..dims.len() {
                    out.push(dims[axis].clone());
                    axis += 1;
                }
            }
            IndexItem::At(i) => {
                at(resolved(i, loc)?, &dims[axis], axis, loc).map_err(|d| super::told(d, x))?;
                axis += 1;
            }
            IndexItem::Slice { start, stop, step } => {
                if *step == 0 {
                    return Err(Diag::new(loc, "slice step cannot be zero"));
                }
                let start = start.as_ref().map(|s| resolved(s, loc)).transpose()?;
                let stop = stop.as_ref().map(|s| resolved(s, loc)).transpose()?;
                out.push(slice(&dims[axis], start, stop, *step));
                axis += 1;
            }
        }
    }
    out.extend_from_slice(&dims[axis..]);
    Ok(Type::array(x.dtype, out))
}

fn resolved(size: &Size, loc: Loc) -> Result<&Dim, Diag> {
    match size {
        Size::Dim(d) => Ok(d),
        Size::Value(_) => Err(Diag::new(loc, "an index is not resolved")),
    }
}

/// Whether `i` is `n` or more for all sizes. An integer parameter may be negative, so only a distance that is a number tells.
fn beyond(i: &Dim, n: &Dim) -> bool {
    match n.as_smaller() {
        Some((a, b)) => beyond(i, a) || beyond(i, b),
        None => i.sub(n).as_const().is_some_and(|c| c >= 0),
    }
}

/// An index against the size of its axis: `x[n]` is outside whatever `n` is.
pub(crate) fn at(i: &Dim, n: &Dim, axis: usize, loc: Loc) -> Result<(), Diag> {
    let before = Dim::Const(-1).sub(i);
    if !beyond(i, n) && !beyond(&before, n) {
        return Ok(());
    }
    let diag = Diag::new(loc, format!("index {i} is out of bounds for axis {axis} with size {n}"));
    Err(match n.as_const() {
        Some(0) => diag.help("the axis is empty"),
        Some(1) => diag.help("the only index is 0, or -1"),
        Some(n) => diag.help(format!("indices count from 0 to {}, or from the end from -1 to -{n}", n - 1)),
        None => diag.help("the last element is `x[-1]`"),
    })
}

/// Whether a bound counts from the end.
fn negative(d: &Dim) -> bool {
    match d.as_const() {
        Some(c) => c < 0,
        None => d.is_generically_negative(),
    }
}

/// A place between elements: so many from the front, or so many from the end.
enum Edge {
    Front(Dim),
    Back(Dim),
}

impl Edge {
    fn of(bound: &Dim) -> Edge {
        if negative(bound) { Edge::Back(Dim::Const(0).sub(bound)) } else { Edge::Front(bound.clone()) }
    }

    /// The other side of the element behind the edge.
    fn next(self) -> Edge {
        match self {
            Edge::Front(d) => Edge::Front(d.add(&Dim::Const(1))),
            Edge::Back(d) => Edge::Back(d.sub(&Dim::Const(1))),
        }
    }
}

/// The length of `start:stop:step` on an axis of size `n`.
fn slice(n: &Dim, start: Option<&Dim>, stop: Option<&Dim>, step: i64) -> Dim {
    let (start, stop) = (start.map(Edge::of), stop.map(Edge::of));
    // Walking back from `start` to before `stop` is the range from behind `stop` to behind `start`.
    let (low, high) = if step > 0 { (start, stop) } else { (stop.map(Edge::next), start.map(Edge::next)) };
    let (low, high) = (low.unwrap_or(Edge::Front(Dim::Const(0))), high.unwrap_or(Edge::Back(Dim::Const(0))));
    let count = match (low, high) {
        (Edge::Front(a), Edge::Back(b)) => not_less_than_0(n.sub(&a).sub(&b)),
        (Edge::Front(a), Edge::Front(b)) => both(not_less_than_0(b.sub(&a)), &not_less_than_0(n.sub(&a))),
        (Edge::Back(a), Edge::Back(b)) => both(not_less_than_0(a.sub(&b)), &not_less_than_0(n.sub(&b))),
        (Edge::Back(a), Edge::Front(b)) => not_less_than_0(b.smaller(n).sub(&not_less_than_0(n.sub(&a)))),
    };
    strided(count, step.saturating_abs())
}

/// `max(0, ceil((stop - start) / step))`.
pub(super) fn length(start: &Dim, stop: &Dim, step: i64) -> Dim {
    let span = if step > 0 { stop.sub(start) } else { start.sub(stop) };
    strided(not_less_than_0(span), step.saturating_abs())
}

/// Every `step`-th of `count` elements.
fn strided(count: Dim, step: i64) -> Dim {
    match step {
        1 => count,
        _ => count.add(&Dim::Const(step - 1)).floor_div(&Dim::Const(step)).unwrap_or(Dim::Const(0)),
    }
}

/// The smaller of two counts.
fn both(a: Dim, b: &Dim) -> Dim {
    if a == Dim::Const(0) { a } else { a.smaller(b) }
}

fn not_less_than_0(d: Dim) -> Dim {
    if d.is_never_negative() { d } else { d.larger(&Dim::Const(0)) }
}

#[cfg(test)]
mod tests {
    use super::slice;
    use crate::dim::Dim;

    /// Python's `len(range(n)[start:stop:step])`, counted.
    fn counted(n: i64, start: Option<i64>, stop: Option<i64>, step: i64) -> i64 {
        let clip = |b: i64, low: i64, high: i64| if b < 0 { (b + n).max(low) } else { b.min(high) };
        let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
        let mut at = start.map_or(if step > 0 { low } else { high }, |b| clip(b, low, high));
        let end = stop.map_or(if step > 0 { high } else { low }, |b| clip(b, low, high));
        let mut count = 0;
        while if step > 0 { at < end } else { at > end } {
            count += 1;
            at += step;
        }
        count
    }

    #[test]
    fn slices_have_the_length_that_counting_gives() {
        let bounds: Vec<Option<i64>> = std::iter::once(None).chain((-8..=8).map(Some)).collect();
        let symbol = Dim::symbol("n");
        for (start, stop) in bounds.iter().flat_map(|a| bounds.iter().map(move |b| (*a, *b))) {
            for step in [-3, -2, -1, 1, 2, 3] {
                let dim = |b: Option<i64>| b.map(Dim::Const);
                let symbolic = slice(&symbol, dim(start).as_ref(), dim(stop).as_ref(), step);
                for n in 0..7 {
                    let want = Some(counted(n, start, stop, step));
                    let numeric = slice(&Dim::Const(n), dim(start).as_ref(), dim(stop).as_ref(), step);
                    let bound = symbolic.substitute(&|_| Some(Dim::Const(n)));
                    let what = format!("{start:?}:{stop:?}:{step} of {n}, as a symbol {symbolic}");
                    assert_eq!((numeric.as_const(), bound.as_const()), (want, want), "{what}");
                }
            }
        }
    }
}
