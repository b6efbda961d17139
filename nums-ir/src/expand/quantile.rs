//! Medians and quantiles: elements at places of the order along the reduced axes.
//!
//! Where that is one axis of real numbers and few places are asked for, they are selected; else all is sorted.
//! NaN sorts to the end, so a NaN there is the answer, as in NumPy; the functions that skip NaN find the middle by the number
//! of the others. Where a quantile lies between two places its method says (Hyndman and Fan's nine and NumPy's four); between
//! neighbours it is interpolated by NumPy's formula from the nearer side.

use super::stats::{axes, float_of};
use super::{Expand, Expansion, One, one};
use crate::data::{DataOp, Rule};
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::Value;
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "median", write: |x| median(x).map(one) },
    Expansion { name: "nanmedian", write: |x| nan_median(x).map(one) },
    Expansion { name: "percentile", write: |x| quantile(x, 100.0).map(one) },
    Expansion { name: "quantile", write: |x| quantile(x, 1.0).map(one) },
    Expansion { name: "nanpercentile", write: |x| nan_quantile(x, 100.0).map(one) },
    Expansion { name: "nanquantile", write: |x| nan_quantile(x, 1.0).map(one) },
];

fn median(x: &mut Expand<'_, '_>) -> One {
    let keepdims = x.flag(2, false)?;
    let (v, axis, axes) = gathered(x)?;
    let m = middle(x, v, axis)?;
    kept(x, m, &axes, keepdims)
}

/// The middle element, or the mean of the two there are; NaN if there is one.
fn middle(x: &mut Expand<'_, '_>, v: Value, axis: usize) -> One {
    let n = x.dims(v)[axis].clone();
    if n == Dim::Const(0) {
        return no_median(x, v, axis);
    }
    let v = x.floating(v)?;
    let half = |d: &Dim| d.floor_div(&Dim::Const(2)).unwrap_or(Dim::Const(0));
    let (low, high) = (half(&n.sub(&Dim::Const(1))), half(&n));
    let (low, high, last) = if is_selected(x, v, &[]) {
        let (low, high) = (x.size_as(&low, DType::I64)?, x.size_as(&high, DType::I64)?);
        selected(x, v, low, high, true)?
    } else {
        let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
        (x.at(sorted, axis, low)?, x.at(sorted, axis, high)?, x.at(sorted, axis, Dim::Const(-1))?)
    };
    let mean = mean_of_two(x, low, high)?;
    // The sum of one element with itself may overflow.
    let alone = mean_of_one(x, low)?;
    let mean = match n.as_const() {
        Some(n) if n % 2 == 1 => alone,
        Some(_) => mean,
        None => {
            let (n, two, one) = (x.size_as(&n, DType::I64)?, x.int(2)?, x.int(1)?);
            let rest = x.map(MapOp::Remainder, &[n, two])?;
            let odd = x.map(MapOp::Equal, &[rest, one])?;
            x.choose(odd, alone, mean)?
        }
    };
    let unordered = x.map(MapOp::IsNan, &[last])?;
    x.choose(unordered, last, mean)
}

/// Places of an order that are selected at the most: a sort finds more of them sooner.
const PLACES: i64 = 64;

/// Whether places of the order of `v`, as many as `asked` has elements, are selected.
fn is_selected(x: &Expand<'_, '_>, v: Value, asked: &[Dim]) -> bool {
    let few = |n: &Dim| n.as_const().is_none_or(|n| n <= PLACES);
    x.rank(v) == 1 && x.kind(v) < crate::dtype::Kind::Complex && asked.iter().all(few)
}

/// The elements at two lists of places of one axis' order, and the last one of all; of nothing NaN or an error, as NumPy's
/// medians and quantiles.
fn selected(
    x: &mut Expand<'_, '_>,
    v: Value,
    low: Value,
    high: Value,
    nan: bool,
) -> Result<(Value, Value, Value), crate::diag::Diag> {
    x.inside(&Dim::Const(-1), &x.dims(v)[0], 0)?;
    let end = x.int(-1)?;
    let found = x.data(DataOp::Select { nan }, &[v, low, high, end])?;
    let (a, b) = match (x.dims(low).first().cloned(), x.dims(high).first().cloned()) {
        (Some(n), Some(m)) => {
            (x.slice(found, 0, None, Some(n.clone()), 1)?, x.slice(found, 0, Some(n.clone()), Some(n.add(&m)), 1)?)
        }
        (_, _) => (x.at(found, 0, Dim::Const(0))?, x.at(found, 0, Dim::Const(1))?),
    };
    Ok((a, b, x.at(found, 0, Dim::Const(-1))?))
}

fn mean_of_two(x: &mut Expand<'_, '_>, low: Value, high: Value) -> One {
    let (sum, two) = (x.map(MapOp::Add, &[low, high])?, x.float(2.0)?);
    x.map(MapOp::Divide, &[sum, two])
}

/// Itself; of a complex number divided by 1, as NumPy does, which an infinity makes NaN in the other part.
fn mean_of_one(x: &mut Expand<'_, '_>, v: Value) -> One {
    if x.kind(v) != crate::dtype::Kind::Complex {
        return Ok(v);
    }
    let one = x.float(1.0)?;
    x.map(MapOp::Divide, &[v, one])
}

/// The median of nothing: NaN.
fn no_median(x: &mut Expand<'_, '_>, v: Value, axis: usize) -> One {
    let mut dims = x.dims(v);
    dims.remove(axis);
    let (nan, dtype) = (x.float(f64::NAN)?, float_of(x.dtype(v)));
    x.full(&dims, nan, dtype)
}

/// The median of what is not NaN: those sort to the end, so the middle is found by their number.
fn nan_median(x: &mut Expand<'_, '_>) -> One {
    let keepdims = x.flag(2, false)?;
    let (v, axis, axes) = gathered(x)?;
    if x.dims(v)[axis] == Dim::Const(0) {
        let none = no_median(x, v, axis)?;
        return kept(x, none, &axes, keepdims);
    }
    let v = x.floating(v)?;
    let nan = x.map(MapOp::IsNan, &[v])?;
    let there = x.map(MapOp::LogicalNot, &[nan])?;
    let n = x.reduce(ReduceOp::Sum, there, &[axis], true)?;
    let (one, two, zero) = (x.int(1)?, x.int(2)?, x.int(0)?);
    let before = x.map(MapOp::Subtract, &[n, one])?;
    let low = x.map(MapOp::FloorDivide, &[before, two])?;
    // Without any number the first element is NaN.
    let low = x.map(MapOp::Maximum, &[low, zero])?;
    let high = x.map(MapOp::FloorDivide, &[n, two])?;
    let high = x.map(MapOp::Maximum, &[high, low])?;
    let (low, high) = of_lines(x, v, low, high, axis)?;
    let mean = mean_of_two(x, low, high)?;
    // The sum of one element with itself may overflow.
    let rest = x.map(MapOp::Remainder, &[n, two])?;
    let odd = x.map(MapOp::Equal, &[rest, one])?;
    let alone = mean_of_one(x, low)?;
    let mean = x.choose(odd, alone, mean)?;
    let mean = x.at(mean, axis, Dim::Const(0))?;
    kept(x, mean, &axes, keepdims)
}

/// The elements at places of the order of each line along an axis.
fn of_lines(x: &mut Expand<'_, '_>, v: Value, low: Value, high: Value, axis: usize) -> Result<(Value, Value), crate::diag::Diag> {
    if is_selected(x, v, &x.dims(low)) {
        return selected(x, v, low, high, true).map(|(low, high, _)| (low, high));
    }
    let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
    Ok((super::select::along(x, sorted, low, axis)?, super::select::along(x, sorted, high, axis)?))
}

/// Where a quantile lies among `n` sorted elements.
enum Place {
    /// At an element.
    At(Value),
    /// Behind an element by a part of the way to the next one.
    Between { low: Value, part: Value },
}

/// Hyndman and Fan's place: `n q + alpha + q (1 - alpha - beta) - 1`.
fn ranked(x: &mut Expand<'_, '_>, q: Value, n: &Dim, alpha: f64, beta: f64) -> One {
    let (one, scale, shift) = (x.float(1.0)?, x.float(1.0 - alpha - beta)?, x.float(alpha)?);
    let size = x.size_as(n, DType::F64)?;
    let ranks = x.map(MapOp::Multiply, &[size, q])?;
    let more = x.map(MapOp::Multiply, &[q, scale])?;
    let more = x.map(MapOp::Add, &[more, shift])?;
    let sum = x.map(MapOp::Add, &[ranks, more])?;
    x.map(MapOp::Subtract, &[sum, one])
}

/// The element behind a place, up to `last`; the one at the place if it is one, and `odd` where only odd places count.
fn discrete(x: &mut Expand<'_, '_>, place: Value, last: Value, odd: bool) -> One {
    let (zero, one) = (x.float(0.0)?, x.float(1.0)?);
    let low = x.map(MapOp::Floor, &[place])?;
    let mut stays = x.map(MapOp::Equal, &[place, low])?;
    if odd {
        let two = x.float(2.0)?;
        let rest = x.map(MapOp::Remainder, &[low, two])?;
        let odd = x.map(MapOp::Equal, &[rest, one])?;
        stays = x.map(MapOp::LogicalAnd, &[stays, odd])?;
    }
    let next = x.map(MapOp::Add, &[low, one])?;
    let out = x.choose(stays, low, next)?;
    let out = x.map(MapOp::Maximum, &[out, zero])?;
    x.map(MapOp::Minimum, &[out, last])
}

/// The names of the methods, for a message.
const METHODS: &str = "linear, lower, higher, nearest, midpoint, inverted_cdf, averaged_inverted_cdf, closest_observation, \
    interpolated_inverted_cdf, hazen, weibull, median_unbiased, normal_unbiased";

/// The place of the quantiles `q` by a method's name.
fn place(x: &mut Expand<'_, '_>, method: &str, q: Value, n: &Dim) -> Result<Place, crate::diag::Diag> {
    let (half, zero) = (x.float(0.5)?, x.float(0.0)?);
    let last = x.size_as(&n.sub(&Dim::Const(1)), DType::F64)?;
    let steps = x.map(MapOp::Multiply, &[q, last])?;
    let place = match method {
        "linear" => steps,
        "lower" => return Ok(Place::At(x.map(MapOp::Floor, &[steps])?)),
        "higher" => return Ok(Place::At(x.map(MapOp::Ceil, &[steps])?)),
        "nearest" => return Ok(Place::At(x.map(MapOp::Rint, &[steps])?)),
        "midpoint" => {
            let (low, high) = (x.map(MapOp::Floor, &[steps])?, x.map(MapOp::Ceil, &[steps])?);
            let sum = x.map(MapOp::Add, &[low, high])?;
            x.map(MapOp::Multiply, &[sum, half])?
        }
        "inverted_cdf" => {
            let place = ranked(x, q, n, 0.0, 1.0)?;
            return Ok(Place::At(discrete(x, place, last, false)?));
        }
        "closest_observation" => {
            let place = ranked(x, q, n, 0.0, 1.0)?;
            let place = x.map(MapOp::Subtract, &[place, half])?;
            return Ok(Place::At(discrete(x, place, last, true)?));
        }
        "averaged_inverted_cdf" | "interpolated_inverted_cdf" => ranked(x, q, n, 0.0, 1.0)?,
        "hazen" => ranked(x, q, n, 0.5, 0.5)?,
        "weibull" => ranked(x, q, n, 0.0, 0.0)?,
        "median_unbiased" => ranked(x, q, n, 1.0 / 3.0, 1.0 / 3.0)?,
        "normal_unbiased" => ranked(x, q, n, 3.0 / 8.0, 3.0 / 8.0)?,
        other => {
            let diag = crate::diag::Diag::new(x.loc, format!("`{}` has no method \"{other}\"", x.name()));
            return Err(diag.note(format!("methods are {METHODS}")));
        }
    };
    let place = x.map(MapOp::Maximum, &[place, zero])?;
    let place = x.map(MapOp::Minimum, &[place, last])?;
    let low = x.map(MapOp::Floor, &[place])?;
    let mut part = x.map(MapOp::Subtract, &[place, low])?;
    if method == "averaged_inverted_cdf" {
        let exact = x.map(MapOp::Equal, &[part, zero])?;
        let one = x.float(1.0)?;
        part = x.choose(exact, half, one)?;
    }
    Ok(Place::Between { low, part })
}

/// `a + (b - a) t`, from the nearer end.
fn between(x: &mut Expand<'_, '_>, a: Value, b: Value, t: Value) -> One {
    let (step, one) = (x.map(MapOp::Subtract, &[b, a])?, x.float(1.0)?);
    let up = x.map(MapOp::Multiply, &[step, t])?;
    let up = x.map(MapOp::Add, &[a, up])?;
    let back = x.map(MapOp::Subtract, &[one, t])?;
    let down = x.map(MapOp::Multiply, &[step, back])?;
    let down = x.map(MapOp::Subtract, &[b, down])?;
    let half = x.float(0.5)?;
    let upper = x.map(MapOp::GreaterEqual, &[t, half])?;
    x.choose(upper, down, up)
}

/// The quantiles that are asked for, as parts of 1, and whether they are plain numbers.
fn asked(x: &mut Expand<'_, '_>, scale: f64) -> Result<(Value, bool), crate::diag::Diag> {
    let weak = x.ty(x.arg(1)).weak;
    if x.rank(x.arg(1)) > 1 {
        return x.fail(format!("`{}` takes one number or one axis of them", x.name()));
    }
    let q = x.checked(x.arg(1), if scale == 1.0 { Rule::Quantile } else { Rule::Percentile })?;
    let scale = x.float(scale)?;
    Ok((x.map(MapOp::Divide, &[q, scale])?, weak))
}

/// Quantiles of floats that are arrays or NumPy's scalars have the dtype of elements and quantiles together.
fn in_the_dtype_asked(x: &mut Expand<'_, '_>, found: Value) -> One {
    let (v, q) = (x.arg(0), x.arg(1));
    let strong = !x.ty(q).weak && x.kind(q) == crate::dtype::Kind::Float;
    if strong { x.cast(found, x.dtype(v).promote(x.dtype(q))) } else { Ok(found) }
}

/// Whether quantiles lie at elements whatever there are: quantiles 0 and 1 that are integers are elements themselves.
fn whole_places(x: &Expand<'_, '_>, scale: f64, method: &str) -> bool {
    scale == 1.0 && method == "linear" && x.kind(x.arg(1)) < crate::dtype::Kind::Float
}

fn quantile(x: &mut Expand<'_, '_>, scale: f64) -> One {
    let method = x.word(3)?.unwrap_or("linear").to_owned();
    let keepdims = x.flag(4, false)?;
    let rank = x.rank(x.arg(0));
    let axes = x.axes_at(2, rank)?.unwrap_or_else(|| (0..rank).collect());
    let (v, axis) = together(x, x.arg(0), &axes)?;
    let n = x.dims(v)[axis].clone();
    let (q, weak) = asked(x, scale)?;
    let shape = x.dims(q);
    let place = if whole_places(x, scale, &method) {
        let last = x.size_as(&n.sub(&Dim::Const(1)), DType::F64)?;
        Place::At(x.map(MapOp::Multiply, &[q, last])?)
    } else {
        place(x, &method, q, &n)?
    };
    let is_element = matches!(place, Place::At(_));
    let v = if is_element { v } else { x.floating(v)? };
    let dtype = x.dtype(v);
    let (low, part) = match place {
        Place::At(at) => (at, None),
        Place::Between { low, part } => (low, Some(part)),
    };
    let low = x.cast(low, DType::I64)?;
    let (low, high, last) = neighbours(x, v, axis, low, part.is_some())?;
    let found = match part {
        None => low,
        Some(part) => {
            let t = if shape.is_empty() {
                part
            } else {
                let mut dims = vec![Dim::Const(1); x.rank(low)];
                dims[axis] = shape[0].clone();
                x.reshape(part, &dims)?
            };
            let t = if weak { x.cast(t, dtype)? } else { t };
            between(x, low, high, t)?
        }
    };
    let found = if x.kind(v) < crate::dtype::Kind::Float {
        found
    } else {
        let last = if shape.is_empty() { last } else { x.unsqueeze(last, axis)? };
        let unordered = x.map(MapOp::IsNan, &[last])?;
        x.choose(unordered, last, found)?
    };
    let found = if is_element { found } else { in_the_dtype_asked(x, found)? };
    // The quantiles lie on `axis`: they become the first one.
    let (out, lead) = if shape.is_empty() { (found, 0) } else { (super::shape::moved(x, found, axis, 0)?, 1) };
    let places: Vec<usize> = axes.iter().map(|a| a + lead).collect();
    kept(x, out, &places, keepdims)
}

/// The elements of an axis' order at places, the ones behind them if they are asked for, and the last one of all.
fn neighbours(
    x: &mut Expand<'_, '_>,
    v: Value,
    axis: usize,
    low: Value,
    behind: bool,
) -> Result<(Value, Value, Value), crate::diag::Diag> {
    let high = if behind {
        let (one, end) = (x.int(1)?, x.size_as(&x.dims(v)[axis].sub(&Dim::Const(1)), DType::I64)?);
        let next = x.map(MapOp::Add, &[low, one])?;
        x.map(MapOp::Minimum, &[next, end])?
    } else {
        low
    };
    if is_selected(x, v, &x.dims(low)) {
        return selected(x, v, low, high, false);
    }
    let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
    let a = x.take(sorted, low, axis)?;
    let b = if behind { x.take(sorted, high, axis)? } else { a };
    Ok((a, b, x.at(sorted, axis, Dim::Const(-1))?))
}

/// Quantiles of what is not NaN: every line has its own number of elements.
fn nan_quantile(x: &mut Expand<'_, '_>, scale: f64) -> One {
    if let Some(method) = x.word(3)?.filter(|m| *m != "linear") {
        return x.fail(format!("`{}` has the method \"linear\" only, not \"{method}\"", x.name()));
    }
    let empty = x.dims(x.arg(0)).contains(&Dim::Const(0));
    if x.kind(x.arg(0)) < crate::dtype::Kind::Float && !empty {
        return quantile(x, scale);
    }
    let keepdims = x.flag(4, false)?;
    let rank = x.rank(x.arg(0));
    let axes = x.axes_at(2, rank)?.unwrap_or_else(|| (0..rank).collect());
    let v = x.arg(0);
    let (v, axis) = together(x, v, &axes)?;
    if x.dims(v)[axis] == Dim::Const(0) {
        return quantiles_of_nothing(x, v, axis, &axes, keepdims);
    }
    let (q, weak) = asked(x, scale)?;
    let nan = x.map(MapOp::IsNan, &[v])?;
    let there = x.map(MapOp::LogicalNot, &[nan])?;
    let n = x.reduce(ReduceOp::Sum, there, &[axis], true)?;
    let (one, zero) = (x.int(1)?, x.int(0)?);
    // Without any number the first element is NaN.
    let end = x.map(MapOp::Subtract, &[n, one])?;
    let end = x.map(MapOp::Maximum, &[end, zero])?;
    let steps = x.cast(end, DType::F64)?;
    let q = if x.rank(q) == 0 {
        q
    } else {
        let mut dims = vec![Dim::Const(1); x.rank(v)];
        dims[axis] = x.dims(q)[0].clone();
        x.reshape(q, &dims)?
    };
    let place = x.map(MapOp::Multiply, &[q, steps])?;
    let floor = x.map(MapOp::Floor, &[place])?;
    let t = x.map(MapOp::Subtract, &[place, floor])?;
    let t = if weak { x.cast(t, x.dtype(v))? } else { t };
    let low = x.cast(floor, DType::I64)?;
    let high = x.map(MapOp::Add, &[low, one])?;
    let high = x.map(MapOp::Minimum, &[high, end])?;
    let (a, b) = of_lines(x, v, low, high, axis)?;
    let out = if whole_places(x, scale, "linear") {
        a
    } else {
        let found = between(x, a, b, t)?;
        in_the_dtype_asked(x, found)?
    };
    let (out, lead) =
        if x.rank(x.arg(1)) == 0 { (x.at(out, axis, Dim::Const(0))?, 0) } else { (super::shape::moved(x, out, axis, 0)?, 1) };
    let places: Vec<usize> = axes.iter().map(|a| a + lead).collect();
    kept(x, out, &places, keepdims)
}

/// NaN for every quantile that is asked for.
fn quantiles_of_nothing(x: &mut Expand<'_, '_>, v: Value, axis: usize, axes: &[usize], keepdims: bool) -> One {
    let none = no_median(x, v, axis)?;
    let asked = x.dims(x.arg(1));
    let dims = [&asked[..], &x.dims(none)].concat();
    let none = x.broadcast(none, &dims)?;
    let places: Vec<usize> = axes.iter().map(|a| a + asked.len()).collect();
    kept(x, none, &places, keepdims)
}

/// The array with its reduced axes as the last one, which axis that is, and the axes.
fn gathered(x: &mut Expand<'_, '_>) -> Result<(Value, usize, Vec<usize>), crate::diag::Diag> {
    let (v, axes) = (x.arg(0), axes(x)?);
    together(x, v, &axes).map(|(v, axis)| (v, axis, axes))
}

/// `v` with `axes` as one axis.
fn together(x: &mut Expand<'_, '_>, v: Value, axes: &[usize]) -> Result<(Value, usize), crate::diag::Diag> {
    let dims = x.dims(v);
    match axes {
        [axis] => Ok((v, *axis)),
        _ if axes.len() == dims.len() => Ok((x.ravel(v)?, 0)),
        _ => {
            let kept: Vec<usize> = (0..dims.len()).filter(|a| !axes.contains(a)).collect();
            let turned = x.transpose(v, &[&kept[..], axes].concat())?;
            let mut shape: Vec<Dim> = kept.iter().map(|a| dims[*a].clone()).collect();
            shape.push(Dim::Const(-1));
            Ok((x.reshape(turned, &shape)?, kept.len()))
        }
    }
}

/// A result with its reduced axes put back as size 1.
fn kept(x: &mut Expand<'_, '_>, v: Value, axes: &[usize], keepdims: bool) -> One {
    if !keepdims {
        return Ok(v);
    }
    axes.iter().try_fold(v, |v, axis| x.unsqueeze(v, *axis))
}
