//! Medians and quantiles: a sort along the reduced axes, then positions in it.
//!
//! NaN sorts to the end, so a NaN there is the answer, as in NumPy; the functions that skip NaN find the middle by the number
//! of the others. Quantiles interpolate linearly between neighbours, by NumPy's formula from the nearer side.

use super::stats::{axes, float_of};
use super::{Expand, Expansion, One, one};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::Value;
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "median", write: |x| median(x).map(one) },
    Expansion { name: "nanmedian", write: |x| nan_median(x).map(one) },
    Expansion { name: "percentile", write: |x| quantile(x, 100.0).map(one) },
    Expansion { name: "quantile", write: |x| quantile(x, 1.0).map(one) },
];

fn median(x: &mut Expand<'_, '_>) -> One {
    let keepdims = x.flag(2, false)?;
    let (v, axis, axes) = gathered(x)?;
    let m = middle(x, v, axis)?;
    kept(x, m, &axes, keepdims)
}

/// The mean of the one or two middle elements; NaN if there is one.
fn middle(x: &mut Expand<'_, '_>, v: Value, axis: usize) -> One {
    let n = x.dims(v)[axis].clone();
    if n == Dim::Const(0) {
        let mut dims = x.dims(v);
        dims.remove(axis);
        let (nan, dtype) = (x.float(f64::NAN)?, float_of(x.dtype(v)));
        return x.full(&dims, nan, dtype);
    }
    let v = x.floating(v)?;
    let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
    let half = |d: &Dim| d.floor_div(&Dim::Const(2)).unwrap_or(Dim::Const(0));
    let low = x.at(sorted, axis, half(&n.sub(&Dim::Const(1))))?;
    let high = x.at(sorted, axis, half(&n))?;
    let (sum, two) = (x.map(MapOp::Add, &[low, high])?, x.float(2.0)?);
    let mean = x.map(MapOp::Divide, &[sum, two])?;
    let last = x.at(sorted, axis, Dim::Const(-1))?;
    let unordered = x.map(MapOp::IsNan, &[last])?;
    x.choose(unordered, last, mean)
}

/// The median of what is not NaN: those sort to the end, so the middle is found by their number.
fn nan_median(x: &mut Expand<'_, '_>) -> One {
    let keepdims = x.flag(2, false)?;
    let (v, axis, axes) = gathered(x)?;
    let v = x.floating(v)?;
    let nan = x.map(MapOp::IsNan, &[v])?;
    let there = x.map(MapOp::LogicalNot, &[nan])?;
    let n = x.reduce(ReduceOp::Sum, there, &[axis], true)?;
    let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
    let (one, two, zero) = (x.int(1)?, x.int(2)?, x.int(0)?);
    let before = x.map(MapOp::Subtract, &[n, one])?;
    let low = x.map(MapOp::FloorDivide, &[before, two])?;
    // Without any number the first element is NaN.
    let low = x.map(MapOp::Maximum, &[low, zero])?;
    let high = x.map(MapOp::FloorDivide, &[n, two])?;
    let high = x.map(MapOp::Maximum, &[high, low])?;
    let low = super::select::along(x, sorted, low, axis)?;
    let high = super::select::along(x, sorted, high, axis)?;
    let (sum, two) = (x.map(MapOp::Add, &[low, high])?, x.float(2.0)?);
    let mean = x.map(MapOp::Divide, &[sum, two])?;
    let mean = x.at(mean, axis, Dim::Const(0))?;
    kept(x, mean, &axes, keepdims)
}

fn quantile(x: &mut Expand<'_, '_>, scale: f64) -> One {
    if let Some(method) = x.word(3)?.filter(|m| *m != "linear") {
        return x.fail(format!("`{}` has the method \"linear\" only, not \"{method}\"", x.name()));
    }
    let keepdims = x.flag(4, false)?;
    let rank = x.rank(x.arg(0));
    let axes = x.axes_at(2, rank)?.unwrap_or_else(|| (0..rank).collect());
    let v = x.floating(x.arg(0))?;
    let (v, axis) = together(x, v, &axes)?;
    let (dtype, n) = (x.dtype(v), x.dims(v)[axis].clone());
    let weak = x.ty(x.arg(1)).weak;
    let q = x.cast(x.arg(1), DType::F64)?;
    let shape = x.dims(q);
    if shape.len() > 1 {
        return x.fail(format!("`{}` takes one number or one axis of them", x.name()));
    }
    let scale = x.float(scale)?;
    let q = x.map(MapOp::Divide, &[q, scale])?;
    let last = x.size_as(&n.sub(&Dim::Const(1)), DType::F64)?;
    let place = x.map(MapOp::Multiply, &[q, last])?;
    let floor = x.map(MapOp::Floor, &[place])?;
    let t = x.map(MapOp::Subtract, &[place, floor])?;
    let low = x.cast(floor, DType::I64)?;
    let (one, end) = (x.int(1)?, x.size_as(&n.sub(&Dim::Const(1)), DType::I64)?);
    let high = x.map(MapOp::Add, &[low, one])?;
    let high = x.map(MapOp::Minimum, &[high, end])?;
    let sorted = x.data(DataOp::Sort { axis, index: false }, &[v])?;
    let (a, b) = (x.take(sorted, low, axis)?, x.take(sorted, high, axis)?);
    // The quantiles lie on `axis`: they become the first one.
    let t = if shape.is_empty() {
        t
    } else {
        let mut dims = vec![Dim::Const(1); x.rank(a)];
        dims[axis] = shape[0].clone();
        x.reshape(t, &dims)?
    };
    let t = if weak { x.cast(t, dtype)? } else { t };
    let (step, one) = (x.map(MapOp::Subtract, &[b, a])?, x.float(1.0)?);
    let up = x.map(MapOp::Multiply, &[step, t])?;
    let up = x.map(MapOp::Add, &[a, up])?;
    let back = x.map(MapOp::Subtract, &[one, t])?;
    let down = x.map(MapOp::Multiply, &[step, back])?;
    let down = x.map(MapOp::Subtract, &[b, down])?;
    let half = x.float(0.5)?;
    let upper = x.map(MapOp::GreaterEqual, &[t, half])?;
    let between = x.choose(upper, down, up)?;
    let last = x.at(sorted, axis, Dim::Const(-1))?;
    let last = if shape.is_empty() { last } else { x.unsqueeze(last, axis)? };
    let unordered = x.map(MapOp::IsNan, &[last])?;
    let out = x.choose(unordered, last, between)?;
    let (out, lead) = if shape.is_empty() { (out, 0) } else { (super::shape::moved(x, out, axis, 0)?, 1) };
    let places: Vec<usize> = axes.iter().map(|a| a + lead).collect();
    kept(x, out, &places, keepdims)
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
