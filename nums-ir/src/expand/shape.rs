//! Shapes: axes moved, added and dropped, arrays joined, split, repeated and padded. Arrays from nothing are in `make`.

use super::{Expand, Expansion, Made, One, one, whole};
use crate::attr::Attr;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{IndexItem, Value};
use crate::ops::MapOp;

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "unstack", write: |x| unstack(x).map(one) },
    Expansion { name: "squeeze", write: |x| squeeze(x).map(one) },
    Expansion { name: "expand_dims", write: |x| expand_dims(x).map(one) },
    Expansion { name: "swapaxes", write: |x| swap_axes(x).map(one) },
    Expansion { name: "moveaxis", write: |x| move_axis(x).map(one) },
    Expansion { name: "matrix_transpose", write: |x| matrix_transpose(x).map(one) },
    Expansion { name: "atleast_1d", write: |x| at_least(x, 1).map(one) },
    Expansion { name: "atleast_2d", write: |x| at_least(x, 2).map(one) },
    Expansion { name: "atleast_3d", write: |x| at_least(x, 3).map(one) },
    Expansion { name: "flip", write: |x| flip(x).map(one) },
    Expansion { name: "fliplr", write: |x| reversed(x, x.arg(0), 1, 2).map(one) },
    Expansion { name: "flipud", write: |x| reversed(x, x.arg(0), 0, 1).map(one) },
    Expansion { name: "rot90", write: |x| rot90(x).map(one) },
    Expansion { name: "roll", write: |x| roll(x).map(one) },
    Expansion { name: "tile", write: |x| tile(x).map(one) },
    Expansion { name: "repeat", write: |x| repeat(x).map(one) },
    Expansion {
        name: "broadcast_to",
        write: |x| {
            let dims = x.sizes_at(1)?;
            x.broadcast(x.arg(0), &dims).map(one)
        },
    },
    Expansion { name: "broadcast_arrays", write: broadcast_arrays },
    Expansion { name: "stack", write: |x| stack(x).map(one) },
    Expansion { name: "vstack", write: |x| joined(x, 2, 0).map(one) },
    Expansion { name: "hstack", write: |x| joined(x, 1, 1).map(one) },
    Expansion { name: "dstack", write: |x| joined(x, 3, 2).map(one) },
    Expansion { name: "column_stack", write: |x| column_stack(x).map(one) },
    Expansion { name: "append", write: |x| append(x).map(one) },
    Expansion { name: "split", write: |x| split(x, None, true) },
    Expansion { name: "array_split", write: |x| split(x, None, false) },
    Expansion {
        name: "vsplit",
        write: |x| {
            if x.rank(x.arg(0)) < 2 {
                return x.fail(format!("`vsplit` wants at least 2 axes, not {}", x.ty(x.arg(0))));
            }
            split(x, Some(0), true)
        },
    },
    Expansion {
        name: "hsplit",
        write: |x| {
            let axis = usize::from(x.rank(x.arg(0)) > 1);
            split(x, Some(axis), true)
        },
    },
    Expansion { name: "dsplit", write: |x| split(x, Some(2), true) },
    Expansion { name: "pad", write: |x| pad(x).map(one) },
    Expansion {
        name: "size",
        write: |x| {
            let n = x.product(&x.dims(x.arg(0)));
            x.dim(&n).map(one)
        },
    },
    Expansion { name: "ndim", write: |x| x.int(x.rank(x.arg(0)) as i64).map(one) },
];

fn squeeze(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let dims = x.dims(v);
    let axes = match x.axes_at(1, dims.len())? {
        Some(axes) => axes,
        None => (0..dims.len()).filter(|a| dims[*a] == Dim::Const(1)).collect(),
    };
    if let Some(a) = axes.iter().find(|a| !x.is_same(&dims[**a], &Dim::Const(1))) {
        return Err(Diag::new(x.loc, format!("cannot squeeze axis {a}: its size is {}, not 1", dims[*a])));
    }
    if axes.is_empty() {
        return Ok(v);
    }
    let at = |a| if axes.contains(&a) { IndexItem::At(crate::func::Size::Dim(Dim::Const(0))) } else { whole() };
    x.index(v, (0..dims.len()).map(at).collect())
}

fn expand_dims(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let given = match x.attr(1) {
        Attr::List(parts) => parts.len(),
        _ => 1,
    };
    let rank = x.rank(v) + given;
    let axes = x.axes_at(1, rank).map_err(|mut diag| {
        diag.message = diag.message.replace("for an array with", "for a result with");
        diag
    })?;
    let axes = axes.unwrap_or_default();
    x.index(v, (0..rank).map(|a| if axes.contains(&a) { IndexItem::NewAxis } else { whole() }).collect())
}

fn swap_axes(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let rank = x.rank(v);
    let (Some(a), Some(b)) = (x.axis_at(1, rank)?, x.axis_at(2, rank)?) else { return x.fail("`swapaxes` wants two axes") };
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(a, b);
    x.transpose(v, &perm)
}

/// `v` with one axis at another place.
pub(super) fn moved(x: &mut Expand<'_, '_>, v: Value, from: usize, to: usize) -> One {
    let mut perm: Vec<usize> = (0..x.rank(v)).collect();
    let axis = perm.remove(from);
    perm.insert(to, axis);
    x.transpose(v, &perm)
}

fn move_axis(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let rank = x.rank(v);
    let list = |x: &Expand<'_, '_>, at: usize| -> Result<Vec<usize>, Diag> {
        match x.attr(at) {
            Attr::Int(a) => Ok(vec![x.normal(*a, rank)?]),
            Attr::List(parts) => parts
                .iter()
                .map(|p| match p {
                    Attr::Int(a) => x.normal(*a, rank),
                    _ => x.fail("an axis is a literal integer"),
                })
                .collect(),
            _ => x.fail("an axis is a literal integer"),
        }
    };
    let (from, to) = (list(x, 1)?, list(x, 2)?);
    if from.len() != to.len() {
        return x.fail("`moveaxis` wants as many destinations as sources");
    }
    for (axes, what) in [(&from, "sources"), (&to, "destinations")] {
        if let Some(i) = (1..axes.len()).find(|i| axes[..*i].contains(&axes[*i])) {
            return x.fail(format!("axis {} stands twice among the {what} of `moveaxis`", axes[i]));
        }
    }
    let mut perm: Vec<usize> = (0..rank).filter(|a| !from.contains(a)).collect();
    let mut pairs: Vec<_> = to.iter().zip(&from).collect();
    pairs.sort_unstable();
    for (to, from) in pairs {
        perm.insert((*to).min(perm.len()), *from);
    }
    x.transpose(v, &perm)
}

fn matrix_transpose(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let n = x.rank(v);
    if n < 2 {
        return x.fail(format!("the transpose of a matrix wants at least 2 axes: {}", x.ty(v)));
    }
    moved(x, v, n - 1, n - 2)
}

/// `v` with at least `n` axes, as NumPy adds them.
fn raised(x: &mut Expand<'_, '_>, v: Value, n: usize) -> One {
    let dims = x.dims(v);
    let c = Dim::Const(1);
    let shape = match (dims.as_slice(), n) {
        ([], n) => vec![c; n],
        ([a], 2) => vec![c, a.clone()],
        ([a], 3) => vec![c.clone(), a.clone(), c],
        ([a, b], 3) => vec![a.clone(), b.clone(), c],
        _ => return Ok(v),
    };
    x.reshape(v, &shape)
}

fn at_least(x: &mut Expand<'_, '_>, n: usize) -> One {
    raised(x, x.arg(0), n)
}

fn reversed(x: &mut Expand<'_, '_>, v: Value, axis: usize, least: usize) -> One {
    if x.rank(v) < least {
        return x.fail(format!("`{}` wants at least {least} axes: {}", x.name(), x.ty(v)));
    }
    x.slice(v, axis, None, None, -1)
}

fn flip(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let rank = x.rank(v);
    let axes = x.axes_at(1, rank)?.unwrap_or_else(|| (0..rank).collect());
    let back = || IndexItem::Slice { start: None, stop: None, step: -1 };
    x.index(v, (0..rank).map(|a| if axes.contains(&a) { back() } else { whole() }).collect())
}

fn rot90(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let rank = x.rank(v);
    let k = x.integer(1)?.unwrap_or(1).rem_euclid(4);
    if rank < 2 {
        return x.fail(format!("`rot90` wants at least 2 axes: {}", x.ty(v)));
    }
    let axes = match x.attr(2) {
        Attr::None => vec![0, 1],
        Attr::List(parts) => parts
            .iter()
            .map(|p| if let Attr::Int(a) = p { x.normal(*a, rank) } else { x.fail("an axis is a literal integer") })
            .collect::<Result<_, _>>()?,
        _ => return x.fail("`axes` of `rot90` are two integers"),
    };
    let [a, b] = axes[..] else { return x.fail("`axes` of `rot90` are two integers") };
    if a == b {
        return x.fail(format!("`rot90` turns one axis into another: axis {a} stands twice"));
    }
    let swap = |x: &mut Expand<'_, '_>, v: Value| {
        let mut perm: Vec<usize> = (0..rank).collect();
        perm.swap(a, b);
        x.transpose(v, &perm)
    };
    match k {
        1 => {
            let v = x.slice(v, b, None, None, -1)?;
            swap(x, v)
        }
        2 => {
            let v = x.slice(v, a, None, None, -1)?;
            x.slice(v, b, None, None, -1)
        }
        3 => {
            let v = swap(x, v)?;
            x.slice(v, b, None, None, -1)
        }
        _ => Ok(v),
    }
}

/// `v` rolled by a plain integer along an axis.
fn rolled(x: &mut Expand<'_, '_>, v: Value, shift: &Dim, axis: usize) -> One {
    let n = x.dims(v)[axis].clone();
    // From where the front is taken: n - shift, counted around.
    let cut = match (shift.as_const(), n.as_const()) {
        (Some(0), _) | (_, Some(0)) => return Ok(v),
        (Some(s), Some(n)) => Dim::Const((n - s.rem_euclid(n)).rem_euclid(n)),
        // shift mod n, written with a floor division.
        _ => {
            let around = shift.sub(&shift.floor_div(&n).unwrap_or(Dim::Const(0)).mul(&n));
            n.sub(&around)
        }
    };
    if cut == Dim::Const(0) {
        return Ok(v);
    }
    let front = x.slice(v, axis, Some(cut.clone()), None, 1)?;
    let back = x.slice(v, axis, None, Some(cut), 1)?;
    x.concatenate(&[front, back], axis)
}

fn roll(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let one = |attr: &Attr, x: &Expand<'_, '_>| match attr {
        Attr::Int(i) => Ok(Dim::Const(*i)),
        Attr::Size(crate::func::Size::Dim(d)) => Ok(d.clone()),
        _ => x.fail("a shift of `roll` is an integer"),
    };
    let shifts = match x.attr(1) {
        Attr::List(parts) => parts.iter().map(|p| one(p, x)).collect::<Result<Vec<_>, _>>()?,
        attr => vec![one(attr, x)?],
    };
    let rank = x.rank(v);
    let axes: Vec<usize> = match x.attr(2) {
        Attr::None => {
            let dims = x.dims(v);
            let flat = x.ravel(v)?;
            let all = shifts.iter().fold(Dim::Const(0), |sum, shift| sum.add(shift));
            let out = rolled(x, flat, &all, 0)?;
            return x.reshape(out, &dims);
        }
        Attr::Int(a) => vec![x.normal(*a, rank)?],
        Attr::List(parts) => parts
            .iter()
            .map(|p| if let Attr::Int(a) = p { x.normal(*a, rank) } else { x.fail("an axis is a literal integer") })
            .collect::<Result<_, _>>()?,
        _ => return x.fail("an axis of `roll` is a literal integer"),
    };
    let n = shifts.len().max(axes.len());
    if (shifts.len() != n && shifts.len() != 1) || (axes.len() != n && axes.len() != 1) {
        return x.fail("`roll` wants a shift for each axis");
    }
    let mut out = v;
    for i in 0..n {
        let (shift, axis) = (shifts[i % shifts.len()].clone(), axes[i % axes.len()]);
        out = rolled(x, out, &shift, axis)?;
    }
    Ok(out)
}

/// So many copies are joined, which writes the result once; more are broadcast and reshaped.
const COPIES: i64 = 16;

fn tile(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let mut times = x.sizes_at(1)?;
    let mut dims = x.dims(v);
    while times.len() < dims.len() {
        times.insert(0, Dim::Const(1));
    }
    while dims.len() < times.len() {
        dims.insert(0, Dim::Const(1));
    }
    let v = if x.rank(v) == 0 { x.reshape(v, &[Dim::Const(1)])? } else { v };
    let lead = dims.len() - x.rank(v);
    let few = |t: &Dim| t.as_const().filter(|t| (1..=COPIES).contains(t));
    if let Some(few) = times.iter().map(few).collect::<Option<Vec<_>>>() {
        let mut out = (0..lead).try_fold(v, |v, _| x.unsqueeze(v, 0))?;
        for (axis, times) in few.iter().enumerate().rev() {
            out = x.concatenate(&vec![out; *times as usize], axis)?;
        }
        return Ok(out);
    }
    // Every axis becomes two: how often, and the axis itself.
    let own = |a: usize| if a < lead { IndexItem::NewAxis } else { whole() };
    let v = x.index(v, (0..dims.len()).flat_map(|a| [IndexItem::NewAxis, own(a)]).collect())?;
    let wide: Vec<Dim> = times.iter().zip(&dims).flat_map(|(t, d)| [t.clone(), d.clone()]).collect();
    let shape: Vec<Dim> = times.iter().zip(&dims).map(|(t, d)| t.mul(d)).collect();
    let v = x.broadcast(v, &wide)?;
    x.reshape(v, &shape)
}

fn repeat(x: &mut Expand<'_, '_>) -> One {
    let rank = x.rank(x.arg(0));
    let (v, axis) = match x.axis_at(2, rank)? {
        Some(axis) => (x.arg(0), axis),
        None => (x.ravel(x.arg(0))?, 0),
    };
    let dims = x.dims(v);
    let times = match x.attr(1).clone() {
        Attr::Arg(i) if x.rank(x.args[i]) == 1 => return repeat_each(x, v, x.args[i], axis),
        _ => x.sizes_at(1)?,
    };
    let [times] = times.as_slice() else { return x.fail("`repeats` is an integer, or an integer for each element") };
    let wide: Vec<Dim> = [&dims[..=axis], std::slice::from_ref(times), &dims[axis + 1..]].concat();
    let mut shape = dims.clone();
    shape[axis] = dims[axis].mul(times);
    let v = x.unsqueeze(v, axis + 1)?;
    let v = x.broadcast(v, &wide)?;
    x.reshape(v, &shape)
}

/// Each element as often as its number says: the element for a place is found in the running sum.
fn repeat_each(x: &mut Expand<'_, '_>, v: Value, times: Value, axis: usize) -> One {
    use crate::data::DataOp;
    use crate::ops::ReduceOp;
    if let Some(bad) = x.written(times).iter().find(|n| **n < 0.0) {
        return x.fail(format!("`repeats` of `repeat` must not be negative, found {bad}"));
    }
    let n = x.dims(v)[axis].clone();
    let counts = &x.dims(times)[0];
    if *counts != Dim::Const(1) && !x.is_same(counts, &n) {
        return x.fail(format!("`repeat` has {counts} numbers for axis {axis} of size {n}"));
    }
    let times = x.cast(times, DType::I64)?;
    let times = x.broadcast(times, &[n])?;
    let ends = x.data(DataOp::Scan { op: ReduceOp::Sum, axis: 0 }, &[times])?;
    let total = x.reduce(ReduceOp::Sum, times, &[0], false)?;
    let total = x.item(total)?;
    let total = x.as_dim(total)?;
    let places = x.arange(&total)?;
    let which = x.data(DataOp::Search { right: true }, &[ends, places])?;
    x.take(v, which, axis)
}

fn broadcast_arrays(x: &mut Expand<'_, '_>) -> Made {
    let all = x.list(0);
    let mut sum = all[0];
    for v in &all[1..] {
        let yes = x.number(crate::func::Scalar::Bool(true))?;
        let yes = x.full(&[], yes, DType::Bool)?;
        let (a, b) = (x.map(MapOp::IsNan, &[sum])?, x.map(MapOp::IsNan, &[*v])?);
        sum = x.choose(yes, a, b)?;
    }
    let dims = x.dims(sum);
    all.iter().map(|v| x.broadcast(*v, &dims)).collect()
}

fn stack(x: &mut Expand<'_, '_>) -> One {
    let all = x.list(0);
    let Some(first) = all.first() else { return x.fail("`stack` wants at least one array") };
    let axis = x.axis_at(1, x.rank(*first) + 1)?.unwrap_or(0);
    let fits = |v: &Value| {
        let (a, b) = (x.dims(*first), x.dims(*v));
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| x.is_same(a, b))
    };
    if let Some(other) = all.iter().find(|v| !fits(v)) {
        return Err(Diag::new(x.loc, format!("shapes do not agree in `stack`: {} and {}", x.ty(*first), x.ty(*other)))
            .note("all arrays of `stack` have one shape"));
    }
    let wide = all.iter().map(|v| x.unsqueeze(*v, axis)).collect::<Result<Vec<_>, _>>()?;
    x.concatenate(&wide, axis)
}

/// `vstack` and its kin: arrays of at least `least` axes, joined along `axis`, or the first of vectors.
fn joined(x: &mut Expand<'_, '_>, least: usize, axis: usize) -> One {
    let all = x.list(0).iter().map(|v| raised(x, *v, least)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = all.first() else { return x.fail(format!("`{}` wants at least one array", x.name())) };
    let axis = if x.rank(*first) == 1 { 0 } else { axis };
    x.concatenate(&all, axis)
}

fn column_stack(x: &mut Expand<'_, '_>) -> One {
    let column = |x: &mut Expand<'_, '_>, v: Value| match x.rank(v) {
        0 => x.reshape(v, &[Dim::Const(1), Dim::Const(1)]),
        1 => x.unsqueeze(v, 1),
        _ => Ok(v),
    };
    let all = x.list(0).iter().map(|v| column(x, *v)).collect::<Result<Vec<_>, _>>()?;
    x.concatenate(&all, 1)
}

fn append(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    match x.axis_at(2, x.rank(a))? {
        Some(axis) => x.concatenate(&[a, b], axis),
        None => {
            let (a, b) = (x.ravel(a)?, x.ravel(b)?);
            x.concatenate(&[a, b], 0)
        }
    }
}

fn split(x: &mut Expand<'_, '_>, axis: Option<usize>, even: bool) -> Made {
    let v = x.arg(0);
    let rank = x.rank(v);
    let axis = match axis {
        Some(axis) => axis,
        None => x.axis_at(2, rank)?.unwrap_or(0),
    };
    if axis >= rank {
        return x.fail(format!("`{}` wants more axes than {} has", x.name(), x.ty(v)));
    }
    let n = x.dims(v)[axis].clone();
    let mut cuts = vec![Dim::Const(0)];
    match x.attr(1).clone() {
        Attr::Int(parts) if parts > 0 => {
            if let Some(n) = n.as_const()
                && even
                && n % parts != 0
            {
                return Err(Diag::new(x.loc, format!("an axis of size {n} does not split into {parts} equal parts"))
                    .help("`array_split` makes parts of different sizes"));
            }
            let part = n.floor_div(&Dim::Const(parts)).unwrap_or(Dim::Const(0));
            let extra = n.sub(&part.mul(&Dim::Const(parts)));
            for i in 1..=parts {
                // The first parts are one longer.
                let longer = if even { Dim::Const(0) } else { extra.smaller(&Dim::Const(i)) };
                cuts.push(part.mul(&Dim::Const(i)).add(&longer));
            }
        }
        Attr::List(_) => {
            cuts.extend(x.sizes_at(1)?);
            cuts.push(n.clone());
        }
        _ => return x.fail(format!("`{}` wants a number of parts, or where to cut", x.name())),
    }
    cuts.windows(2).map(|w| x.slice(v, axis, Some(w[0].clone()), Some(w[1].clone()), 1)).collect()
}

fn pad(x: &mut Expand<'_, '_>) -> One {
    let mut v = x.arg(0);
    let rank = x.rank(v);
    let number = |a: &Attr| if let Attr::Int(i) = a { Some(*i) } else { None };
    let pair = |a: &Attr| match a {
        Attr::Int(i) => Some((*i, *i)),
        Attr::List(p) => match p.as_slice() {
            [a, b] => Some((number(a)?, number(b)?)),
            [a] => Some((number(a)?, number(a)?)),
            _ => None,
        },
        _ => None,
    };
    let nested = |parts: &[Attr]| parts.iter().any(|p| matches!(p, Attr::List(_)));
    let widths: Option<Vec<(i64, i64)>> = match x.attr(1) {
        Attr::List(parts) if nested(parts) && parts.len() == 1 => pair(&parts[0]).map(|p| vec![p; rank]),
        Attr::List(parts) if nested(parts) => parts.iter().map(pair).collect(),
        attr => pair(attr).map(|p| vec![p; rank]),
    };
    let Some(widths) = widths else {
        return x.fail("`pad_width` is an integer, a pair, or a pair for each axis, of literal integers");
    };
    if widths.len() != rank {
        return x.fail(format!("`pad_width` has {} pairs for {}", widths.len(), x.ty(v)));
    }
    if let Some(width) = widths.iter().flat_map(|(a, b)| [a, b]).find(|w| **w < 0) {
        return Err(Diag::new(x.loc, format!("`pad_width` is not negative: {width}")).help("drop elements by a slice, `x[1:-1]`"));
    }
    let mode = x.word(2)?.unwrap_or("constant").to_owned();
    if mode != "constant" && *x.attr(3) != Attr::None {
        return x.fail(format!("`pad` with the mode \"{mode}\" takes no `constant_values`"));
    }
    for (axis, (before, after)) in widths.into_iter().enumerate() {
        let n = x.dims(v)[axis].clone();
        let c = Dim::Const;
        let edges = |x: &mut Expand<'_, '_>| -> Result<(Value, Value), Diag> {
            let part = |x: &mut Expand<'_, '_>, from: Option<Dim>, to: Option<Dim>, step: i64| x.slice(v, axis, from, to, step);
            match mode.as_str() {
                "constant" => {
                    let fill = match x.given(3) {
                        Some(v) => v,
                        None => x.int(0)?,
                    };
                    let mut dims = x.dims(v);
                    let dtype = x.dtype(v);
                    dims[axis] = c(before);
                    let front = x.full(&dims, fill, dtype)?;
                    dims[axis] = c(after);
                    Ok((front, x.full(&dims, fill, dtype)?))
                }
                "edge" => {
                    let (first, last) = (part(x, None, Some(c(1)), 1)?, part(x, Some(c(-1)), None, 1)?);
                    let mut dims = x.dims(v);
                    dims[axis] = c(before);
                    let front = x.broadcast(first, &dims)?;
                    dims[axis] = c(after);
                    Ok((front, x.broadcast(last, &dims)?))
                }
                "wrap" => Ok((
                    if before == 0 { part(x, None, Some(c(0)), 1)? } else { part(x, Some(c(-before)), None, 1)? },
                    part(x, None, Some(c(after)), 1)?,
                )),
                "symmetric" => {
                    let front = part(x, None, Some(c(before)), 1)?;
                    let front = x.slice(front, axis, None, None, -1)?;
                    let back = if after == 0 { part(x, None, Some(c(0)), 1)? } else { part(x, Some(c(-after)), None, 1)? };
                    Ok((front, x.slice(back, axis, None, None, -1)?))
                }
                "reflect" => {
                    let front = part(x, Some(c(1)), Some(c(before + 1)), 1)?;
                    let front = x.slice(front, axis, None, None, -1)?;
                    let back = part(x, Some(n.sub(&c(after + 1))), Some(n.sub(&c(1))), 1)?;
                    Ok((front, x.slice(back, axis, None, None, -1)?))
                }
                other => x.fail(format!(
                    "the mode of `pad` is \"constant\", \"edge\", \"wrap\", \"symmetric\" or \"reflect\", not \"{other}\""
                )),
            }
        };
        if mode != "constant"
            && let Some(n) = n.as_const()
            && (before.max(after) > n - i64::from(mode == "reflect") || n == 0)
            && mode != "edge"
        {
            return x.fail(format!("`pad` with the mode \"{mode}\" by more than the axis of size {n} has is not in nums yet"));
        }
        let (front, back) = edges(x)?;
        let mut parts = Vec::new();
        if before > 0 {
            parts.push(front);
        }
        parts.push(v);
        if after > 0 {
            parts.push(back);
        }
        v = x.concatenate(&parts, axis)?;
    }
    Ok(v)
}

/// One of the arrays along an axis: which is parameter 2, and 3 how many names they were unpacked to.
fn unstack(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let axis = x.axis_at(1, x.rank(v))?.unwrap_or(0);
    let Some(which) = x.integer(2)? else { return x.fail("`unstack` gives arrays: take one by `[i]`, or as many names") };
    let n = x.dims(v).get(axis).cloned().unwrap_or(Dim::Const(0));
    if let Some(names) = x.integer(3)?
        && !x.is_same(&Dim::Const(names), &n)
    {
        return x.fail(format!("{names} names for the {n} arrays of `unstack`"));
    }
    x.at(v, axis, Dim::Const(which))
}
