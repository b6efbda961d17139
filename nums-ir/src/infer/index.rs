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
        return Err(Diag::new(loc, format!("too many indices: {x} has {} axes, {taken} are indexed", dims.len())));
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
                at(resolved(i, loc)?, &dims[axis], axis, loc)?;
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

fn at(i: &Dim, n: &Dim, axis: usize, loc: Loc) -> Result<(), Diag> {
    match (i.as_const(), n.as_const()) {
        (Some(i), Some(n)) if !(-n..n).contains(&i) => {
            Err(Diag::new(loc, format!("index {i} is out of bounds for axis {axis} with size {n}")))
        }
        _ => Ok(()),
    }
}

/// Whether a bound counts from the end.
fn negative(d: &Dim) -> bool {
    match d.as_const() {
        Some(c) => c < 0,
        None => d.is_generically_negative(),
    }
}

/// The length of `start:stop:step` on an axis of size `n`.
fn slice(n: &Dim, start: Option<&Dim>, stop: Option<&Dim>, step: i64) -> Dim {
    let zero = Dim::Const(0);
    if step > 0 {
        let clip = |b: &Dim| if negative(b) { n.add(b).larger(&zero) } else { within(b, n) };
        // n - min(b, n) = max(0, n - b)
        if let (Some(b), None, 1) = (start, stop, step)
            && !negative(b)
        {
            return length(b, n, 1);
        }
        let begin = start.map_or(zero.clone(), clip);
        let end = stop.map_or(n.clone(), clip);
        return length(&begin, &end, step);
    }
    let (last, before) = (n.sub(&Dim::Const(1)), Dim::Const(-1));
    let clip = |b: &Dim| if negative(b) { n.add(b).larger(&before) } else { b.smaller(&last) };
    let begin = start.map_or(last.clone(), clip);
    let end = stop.map_or(before.clone(), clip);
    length(&begin, &end, step)
}

/// `min(b, n)`; 0 is in every axis.
fn within(b: &Dim, n: &Dim) -> Dim {
    if *b == Dim::Const(0) { b.clone() } else { b.smaller(n) }
}

/// `max(0, ceil((stop - start) / step))`.
pub(super) fn length(start: &Dim, stop: &Dim, step: i64) -> Dim {
    let (span, stride) = if step > 0 { (stop.sub(start), step) } else { (start.sub(stop), -step) };
    let count = match stride {
        1 => span,
        _ => span.add(&Dim::Const(stride - 1)).floor_div(&Dim::Const(stride)).unwrap_or(Dim::Const(0)),
    };
    if count.is_never_negative() { count } else { count.larger(&Dim::Const(0)) }
}
