//! What runs along one axis: cumulative sums, differences, slopes, integrals, convolutions, polynomials.
//!
//! Running results are the operator `scan`; the rest is written with slices of the axis, shifted against each other.

use super::stats::replaced;
use super::{Expand, Expansion, One, one};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::Value;
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "cumsum", write: |x| scan(x, ReduceOp::Sum, false).map(one) },
    Expansion { name: "cumprod", write: |x| scan(x, ReduceOp::Prod, false).map(one) },
    Expansion { name: "nancumsum", write: |x| scan(x, ReduceOp::Sum, true).map(one) },
    Expansion { name: "nancumprod", write: |x| scan(x, ReduceOp::Prod, true).map(one) },
    Expansion { name: "maximum.accumulate", write: |x| scan(x, ReduceOp::Max, false).map(one) },
    Expansion { name: "minimum.accumulate", write: |x| scan(x, ReduceOp::Min, false).map(one) },
    Expansion { name: "cumulative_sum", write: |x| cumulative(x, ReduceOp::Sum).map(one) },
    Expansion { name: "cumulative_prod", write: |x| cumulative(x, ReduceOp::Prod).map(one) },
    Expansion { name: "diff", write: |x| diff(x).map(one) },
    Expansion { name: "gradient", write: |x| gradient(x).map(one) },
    Expansion { name: "trapezoid", write: |x| trapezoid(x).map(one) },
    Expansion { name: "convolve", write: |x| convolve(x).map(one) },
    Expansion { name: "polyval", write: |x| polyval(x).map(one) },
];

fn scan(x: &mut Expand<'_, '_>, op: ReduceOp, skip_nan: bool) -> One {
    let rank = x.rank(x.arg(0));
    let (v, axis) = match x.axis_at(1, rank)? {
        Some(axis) => (x.arg(0), axis),
        None if op == ReduceOp::Max || op == ReduceOp::Min => (x.arg(0), 0),
        None => (x.ravel(x.arg(0))?, 0),
    };
    let v = if skip_nan { replaced(x, v, if op == ReduceOp::Prod { 1.0 } else { 0.0 })? } else { v };
    let dtype = match x.dtype_at(2)? {
        Some(dtype) => dtype,
        None => crate::promote::reduce_dtypes(op, x.dtype(v)).map_err(|e| crate::diag::Diag::new(x.loc, e))?.0,
    };
    let v = x.cast(v, dtype)?;
    x.data(DataOp::Scan { op, axis }, &[v])
}

/// The Array API's cumulative sum: an axis is needed beyond one, and a first element may stand for nothing.
fn cumulative(x: &mut Expand<'_, '_>, op: ReduceOp) -> One {
    let rank = x.rank(x.arg(0));
    let axis = match x.axis_at(1, rank)? {
        Some(axis) => axis,
        None if rank == 1 => 0,
        None => return x.fail(format!("`{}` of an array with {rank} axes wants `axis=`", x.name())),
    };
    let dtype = match x.dtype_at(2)? {
        Some(dtype) => dtype,
        None => crate::promote::reduce_dtypes(op, x.dtype(x.arg(0))).map_err(|e| crate::diag::Diag::new(x.loc, e))?.0,
    };
    let v = x.cast(x.arg(0), dtype)?;
    let sums = x.data(DataOp::Scan { op, axis }, &[v])?;
    if !x.flag(3, false)? {
        return Ok(sums);
    }
    let mut dims = x.dims(v);
    dims[axis] = Dim::Const(1);
    let first = x.int(i64::from(op == ReduceOp::Prod))?;
    let first = x.full(&dims, first, dtype)?;
    x.concatenate(&[first, sums], axis)
}

fn diff(x: &mut Expand<'_, '_>) -> One {
    let rank = x.rank(x.arg(0));
    if rank == 0 {
        return x.fail("`diff` wants an array with at least one axis");
    }
    let n = x.integer(1)?.unwrap_or(1);
    if n < 0 {
        return x.fail(format!("the order of `diff` is not negative: {n}"));
    }
    let axis = x.axis_at(2, rank)?.unwrap_or(rank - 1);
    let mut v = x.arg(0);
    for _ in 0..n {
        v = steps(x, v, axis)?;
    }
    Ok(v)
}

/// Each element less the one before it; of booleans whether they differ.
fn steps(x: &mut Expand<'_, '_>, v: Value, axis: usize) -> One {
    let op = if x.kind(v) == Kind::Bool { MapOp::NotEqual } else { MapOp::Subtract };
    let upper = x.slice(v, axis, Some(Dim::Const(1)), None, 1)?;
    let lower = x.slice(v, axis, None, Some(Dim::Const(-1)), 1)?;
    x.map(op, &[upper, lower])
}

fn gradient(x: &mut Expand<'_, '_>) -> One {
    let rank = x.rank(x.arg(0));
    let axis = match x.axis_at(2, rank)? {
        Some(axis) => axis,
        None if rank == 1 => 0,
        None => {
            return Err(crate::diag::Diag::new(x.loc, format!("`gradient` of an array with {rank} axes wants `axis=`"))
                .help("write one call an axis: `gradient(x, axis=0)`"));
        }
    };
    if x.dims(x.arg(0))[axis].as_const().is_some_and(|n| n < 2) {
        return x.fail(format!("`gradient` wants at least 2 elements along axis {axis} of {}", x.ty(x.arg(0))));
    }
    if let Some(spacing) = x.given(1).filter(|h| x.rank(*h) > 0) {
        return x.fail(format!("`gradient` takes one distance, not {}: coordinates are not in nums yet", x.ty(spacing)));
    }
    let v = x.floating(x.arg(0))?;
    let c = Dim::Const;
    let (a, b) = (x.slice(v, axis, Some(c(2)), None, 1)?, x.slice(v, axis, None, Some(c(-2)), 1)?);
    let inner = x.map(MapOp::Subtract, &[a, b])?;
    let two = x.float(2.0)?;
    let spacing = match x.given(1) {
        Some(h) => h,
        None => x.float(1.0)?,
    };
    let twice = x.map(MapOp::Multiply, &[two, spacing])?;
    let inner = x.map(MapOp::Divide, &[inner, twice])?;
    let (a, b) = (x.slice(v, axis, Some(c(1)), Some(c(2)), 1)?, x.slice(v, axis, None, Some(c(1)), 1)?);
    let first = x.map(MapOp::Subtract, &[a, b])?;
    let first = x.map(MapOp::Divide, &[first, spacing])?;
    let (a, b) = (x.slice(v, axis, Some(c(-1)), None, 1)?, x.slice(v, axis, Some(c(-2)), Some(c(-1)), 1)?);
    let last = x.map(MapOp::Subtract, &[a, b])?;
    let last = x.map(MapOp::Divide, &[last, spacing])?;
    x.concatenate(&[first, inner, last], axis)
}

fn trapezoid(x: &mut Expand<'_, '_>) -> One {
    let rank = x.rank(x.arg(0));
    if rank == 0 {
        return x.fail("`trapezoid` wants an array with at least one axis");
    }
    let axis = x.axis_at(3, rank)?.unwrap_or(rank - 1);
    let y = x.arg(0);
    let (a, b) = (x.slice(y, axis, Some(Dim::Const(1)), None, 1)?, x.slice(y, axis, None, Some(Dim::Const(-1)), 1)?);
    let sum = x.map(MapOp::Add, &[a, b])?;
    let step = match (x.given(1), x.given(2)) {
        (Some(places), _) => {
            let along = x.rank(places) - 1;
            let d = steps(x, places, along)?;
            let mut dims = vec![Dim::Const(1); rank];
            if x.rank(d) == 1 {
                dims[axis] = x.dims(d)[0].clone();
                x.reshape(d, &dims)?
            } else {
                d
            }
        }
        (None, Some(step)) => step,
        (None, None) => x.float(1.0)?,
    };
    let area = x.map(MapOp::Multiply, &[step, sum])?;
    let two = x.float(2.0)?;
    let area = x.map(MapOp::Divide, &[area, two])?;
    x.reduce(ReduceOp::Sum, area, &[axis], false)
}

/// A sum of shifted products; the shorter operand's size is known when it is compiled.
fn convolve(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    if x.rank(a) != 1 || x.rank(b) != 1 {
        return x.fail("`convolve` takes arrays with one axis");
    }
    let (n, m) = (x.dims(a).swap_remove(0), x.dims(b).swap_remove(0));
    let (long, short, n, m) = match (n.as_const(), m.as_const()) {
        (Some(p), Some(q)) if q > p => (b, a, m, p),
        (_, Some(q)) => (a, b, n, q),
        (Some(p), None) => (b, a, m, p),
        (None, None) => return x.fail("`convolve` wants one operand of a constant size, as `f64[3]`"),
    };
    if m == 0 {
        return x.fail("`convolve` of an empty array");
    }
    let mode = x.word(2)?.unwrap_or("full").to_owned();
    let dtype = x.dtype(long).promote(x.dtype(short));
    let zero = x.int(0)?;
    let pad = x.full(&[Dim::Const(m - 1)], zero, dtype)?;
    let long = x.cast(long, dtype)?;
    let padded = x.concatenate(&[pad, long, pad], 0)?;
    let total = n.add(&Dim::Const(m - 1));
    let place = x.arange(&total)?;
    let mut sum: Option<Value> = None;
    for k in 0..m {
        let factor = x.at(short, 0, Dim::Const(m - 1 - k))?;
        let part = x.slice(padded, 0, Some(Dim::Const(k)), Some(total.add(&Dim::Const(k))), 1)?;
        let part = x.map(MapOp::Multiply, &[part, factor])?;
        let part = if dtype.kind() < Kind::Float { part } else { within(x, part, place, m - 1 - k, &n)? };
        sum = Some(match sum {
            None => part,
            Some(sum) => x.map(MapOp::Add, &[sum, part])?,
        });
    }
    let full = sum.unwrap_or(padded);
    match mode.as_str() {
        "full" => Ok(full),
        "same" => x.slice(full, 0, Some(Dim::Const((m - 1) / 2)), Some(n.add(&Dim::Const((m - 1) / 2))), 1),
        "valid" => x.slice(full, 0, Some(Dim::Const(m - 1)), Some(n), 1),
        other => x.fail(format!("the mode of `convolve` is \"full\", \"same\" or \"valid\", not \"{other}\"")),
    }
}

/// `part` where the long operand, moved by `shift`, lies, and 0 elsewhere: what stands beyond its ends is nothing, also times an
/// infinity.
fn within(x: &mut Expand<'_, '_>, part: Value, place: Value, shift: i64, n: &Dim) -> One {
    let (first, end) = (x.int(shift)?, x.size_as(&n.add(&Dim::Const(shift)), DType::I64)?);
    let (after, before) = (x.map(MapOp::GreaterEqual, &[place, first])?, x.map(MapOp::Less, &[place, end])?);
    let (inside, zero) = (x.map(MapOp::LogicalAnd, &[after, before])?, x.int(0)?);
    x.choose(inside, part, zero)
}

fn polyval(x: &mut Expand<'_, '_>) -> One {
    let (p, v) = (x.arg(0), x.arg(1));
    let Some(n) = x.dims(p).first().and_then(Dim::as_const) else {
        return x.fail("`polyval` wants coefficients of a constant number, as `f64[3]`");
    };
    let zero = x.int(0)?;
    let mut sum = x.full(&x.dims(v), zero, x.dtype(v))?;
    for i in 0..n {
        let c = x.at(p, 0, Dim::Const(i))?;
        let scaled = x.map(MapOp::Multiply, &[sum, v])?;
        sum = x.map(MapOp::Add, &[scaled, c])?;
    }
    Ok(sum)
}
