//! Reductions beyond the table, cumulative sums, differences, rounding, comparisons of whole arrays. Quantiles are in
//! `quantile`, bins in `bins`.
//!
//! Every function computes in the dtype that NumPy computes in, so that results agree in dtype and to rounding.

use super::{Expand, Expansion, Made, One, one};
use crate::attr::Attr;
use crate::data::DataOp;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Scalar, Value};
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "var", write: |x| variance(x).map(one) },
    Expansion { name: "std", write: |x| deviation(x).map(one) },
    Expansion { name: "ptp", write: |x| ptp(x).map(one) },
    Expansion { name: "count_nonzero", write: |x| count_nonzero(x).map(one) },
    Expansion { name: "nansum", write: |x| without_nan(x, ReduceOp::Sum, 0.0).map(one) },
    Expansion { name: "nanprod", write: |x| without_nan(x, ReduceOp::Prod, 1.0).map(one) },
    Expansion { name: "nanmean", write: |x| nan_mean(x).map(one) },
    Expansion { name: "nanvar", write: |x| nan_variance(x).map(one) },
    Expansion {
        name: "nanstd",
        write: |x| {
            let v = nan_variance(x)?;
            x.map(MapOp::Sqrt, &[v]).map(one)
        },
    },
    Expansion { name: "average", write: |x| average(x).map(one) },
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
    Expansion { name: "clip", write: |x| clip(x).map(one) },
    Expansion { name: "round", write: |x| round(x).map(one) },
    Expansion { name: "nan_to_num", write: |x| nan_to_num(x).map(one) },
    Expansion { name: "isposinf", write: |x| infinite(x, f64::INFINITY).map(one) },
    Expansion { name: "isneginf", write: |x| infinite(x, f64::NEG_INFINITY).map(one) },
    Expansion { name: "isreal", write: |x| imaginary(x, MapOp::Equal).map(one) },
    Expansion { name: "iscomplex", write: |x| imaginary(x, MapOp::NotEqual).map(one) },
    Expansion { name: "angle", write: |x| angle(x).map(one) },
    Expansion { name: "float_power", write: |x| float_power(x).map(one) },
    Expansion { name: "divmod", write: divmod },
    Expansion { name: "modf", write: modf },
    Expansion { name: "sinc", write: |x| sinc(x).map(one) },
    Expansion { name: "isclose", write: |x| is_close(x).map(one) },
    Expansion {
        name: "allclose",
        write: |x| {
            let c = is_close(x)?;
            all(x, c).map(one)
        },
    },
    Expansion { name: "array_equal", write: |x| array_equal(x).map(one) },
    Expansion { name: "cov", write: |x| covariance(x).map(one) },
    Expansion { name: "corrcoef", write: |x| correlation(x).map(one) },
    Expansion { name: "convolve", write: |x| convolve(x).map(one) },
    Expansion { name: "polyval", write: |x| polyval(x).map(one) },
    Expansion { name: "linalg.norm", write: |x| norm(x).map(one) },
];

/// The axes of parameter 1, all where there are none.
pub(super) fn axes(x: &Expand<'_, '_>) -> Result<Vec<usize>, crate::diag::Diag> {
    let rank = x.rank(x.arg(0));
    Ok(x.axes_at(1, rank)?.unwrap_or_else(|| (0..rank).collect()))
}

/// Elements along axes.
fn count(x: &Expand<'_, '_>, v: Value, axes: &[usize]) -> Dim {
    let dims = x.dims(v);
    axes.iter().fold(Dim::Const(1), |n, a| n.mul(&dims[*a]))
}

fn variance(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(3, false)?);
    let ddof = x.integer(2)?.unwrap_or(0);
    let a = x.floating(x.arg(0))?;
    let mean = x.reduce(ReduceOp::Mean, a, &axes, true)?;
    let centred = x.map(MapOp::Subtract, &[a, mean])?;
    let squares = squared(x, centred)?;
    let sum = x.reduce(ReduceOp::Sum, squares, &axes, keepdims)?;
    let n = count(x, a, &axes).sub(&Dim::Const(ddof)).larger(&Dim::Const(0));
    let n = x.size_as(&n, x.dtype(sum))?;
    x.map(MapOp::Divide, &[sum, n])
}

/// `|v|²`, real.
fn squared(x: &mut Expand<'_, '_>, v: Value) -> One {
    if x.kind(v) != Kind::Complex {
        return x.map(MapOp::Square, &[v]);
    }
    let (re, im) = (x.map(MapOp::Real, &[v])?, x.map(MapOp::Imag, &[v])?);
    let (re, im) = (x.map(MapOp::Square, &[re])?, x.map(MapOp::Square, &[im])?);
    x.map(MapOp::Add, &[re, im])
}

fn deviation(x: &mut Expand<'_, '_>) -> One {
    let v = variance(x)?;
    x.map(MapOp::Sqrt, &[v])
}

fn ptp(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let high = x.reduce(ReduceOp::Max, x.arg(0), &axes, keepdims)?;
    let low = x.reduce(ReduceOp::Min, x.arg(0), &axes, keepdims)?;
    x.map(MapOp::Subtract, &[high, low])
}

fn count_nonzero(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let truth = x.cast(x.arg(0), DType::Bool)?;
    x.reduce(ReduceOp::Sum, truth, &axes, keepdims)
}

/// `v` with `instead` of NaN.
fn replaced(x: &mut Expand<'_, '_>, v: Value, instead: f64) -> One {
    if x.kind(v) < Kind::Float {
        return Ok(v);
    }
    let nan = x.map(MapOp::IsNan, &[v])?;
    let instead = x.float(instead)?;
    x.choose(nan, instead, v)
}

fn without_nan(x: &mut Expand<'_, '_>, op: ReduceOp, instead: f64) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let v = replaced(x, x.arg(0), instead)?;
    x.reduce(op, v, &axes, keepdims)
}

/// Sum and number of the elements that are not NaN.
fn nan_sum(x: &mut Expand<'_, '_>, v: Value, axes: &[usize], keepdims: bool) -> Result<(Value, Value), crate::diag::Diag> {
    let clean = replaced(x, v, 0.0)?;
    let sum = x.reduce(ReduceOp::Sum, clean, axes, keepdims)?;
    let nan = x.map(MapOp::IsNan, &[v])?;
    let there = x.map(MapOp::LogicalNot, &[nan])?;
    let n = x.reduce(ReduceOp::Sum, there, axes, keepdims)?;
    Ok((sum, n))
}

fn nan_mean(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let v = x.floating(x.arg(0))?;
    let (sum, n) = nan_sum(x, v, &axes, keepdims)?;
    let n = x.cast(n, x.dtype(sum))?;
    x.map(MapOp::Divide, &[sum, n])
}

fn nan_variance(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims, ddof) = (axes(x)?, x.flag(3, false)?, x.integer(2)?.unwrap_or(0));
    let v = x.floating(x.arg(0))?;
    let (sum, n) = nan_sum(x, v, &axes, true)?;
    let n = x.cast(n, x.dtype(sum))?;
    let mean = x.map(MapOp::Divide, &[sum, n])?;
    let centred = x.map(MapOp::Subtract, &[v, mean])?;
    let squares = squared(x, centred)?;
    // What is missing is what was missing before: an infinity's distance from its mean is NaN and stays.
    let (missing, zero) = (x.map(MapOp::IsNan, &[v])?, x.float(0.0)?);
    let squares = x.choose(missing, zero, squares)?;
    let sum = x.reduce(ReduceOp::Sum, squares, &axes, keepdims)?;
    let (_, n) = nan_sum(x, v, &axes, keepdims)?;
    let ddof = x.int(ddof)?;
    let n = x.map(MapOp::Subtract, &[n, ddof])?;
    let (n, zero) = (x.cast(n, x.dtype(sum))?, x.float(0.0)?);
    let some = x.map(MapOp::Greater, &[n, zero])?;
    let (quotient, nan) = (x.map(MapOp::Divide, &[sum, n])?, x.float(f64::NAN)?);
    x.choose(some, quotient, nan)
}

fn average(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(3, false)?);
    let v = x.arg(0);
    let Some(weights) = x.given(2) else { return x.reduce(ReduceOp::Mean, v, &axes, keepdims) };
    let (dims, own) = (x.dims(v), x.dims(weights));
    let weights = match (own.len(), axes.as_slice()) {
        (1, [axis]) if dims.len() > 1 => {
            let mut shape = vec![Dim::Const(1); dims.len()];
            shape[*axis] = own[0].clone();
            if !x.is_same(&own[0], &dims[*axis]) {
                return x.fail(format!("`average` has {} weights for axis {axis} of size {}", own[0], dims[*axis]));
            }
            x.reshape(weights, &shape)?
        }
        (n, _) if n == dims.len() => weights,
        _ => return x.fail("weights of `average` have the array's shape, or one axis with `axis=`"),
    };
    let v = x.floating(v)?;
    let weights = x.floating(weights)?;
    let scaled = x.map(MapOp::Multiply, &[v, weights])?;
    let sum = x.reduce(ReduceOp::Sum, scaled, &axes, keepdims)?;
    let weights = x.broadcast(weights, &dims)?;
    let total = x.reduce(ReduceOp::Sum, weights, &axes, keepdims)?;
    x.map(MapOp::Divide, &[sum, total])
}

pub(super) fn float_of(dtype: DType) -> DType {
    if dtype.kind() < Kind::Float { DType::F64 } else { dtype }
}

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
    let op = if x.kind(x.arg(0)) == Kind::Bool { MapOp::NotEqual } else { MapOp::Subtract };
    let mut v = x.arg(0);
    for _ in 0..n {
        let upper = x.slice(v, axis, Some(Dim::Const(1)), None, 1)?;
        let lower = x.slice(v, axis, None, Some(Dim::Const(-1)), 1)?;
        v = x.map(op, &[upper, lower])?;
    }
    Ok(v)
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
    let (c, one) = (Dim::Const, Dim::Const(1));
    let (a, b) = (x.slice(y, axis, Some(one.clone()), None, 1)?, x.slice(y, axis, None, Some(c(-1)), 1)?);
    let sum = x.map(MapOp::Add, &[a, b])?;
    let step = match (x.given(1), x.given(2)) {
        (Some(places), _) => {
            let along = x.rank(places) - 1;
            let (a, b) = (x.slice(places, along, Some(one), None, 1)?, x.slice(places, along, None, Some(c(-1)), 1)?);
            let d = x.map(MapOp::Subtract, &[a, b])?;
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

fn clip(x: &mut Expand<'_, '_>) -> One {
    let mut v = x.arg(0);
    for (at, op) in [(1, MapOp::Maximum), (2, MapOp::Minimum)] {
        if let Some(bound) = x.given(at) {
            let bound = held(x, bound, v)?;
            v = x.map(op, &[v, bound])?;
        }
    }
    Ok(v)
}

/// A plain integer beyond an integer dtype is its end: nothing lies past that.
fn held(x: &mut Expand<'_, '_>, bound: Value, v: Value) -> One {
    let dtype = x.dtype(v);
    if let (Kind::Int, true, Some(Scalar::Int(i))) = (dtype.kind(), x.ty(bound).weak, x.infer.constant_of(bound)) {
        let (low, high) = crate::infer::range(dtype);
        return x.number(Scalar::Int(i.clamp(low, high)));
    }
    Ok(bound)
}

fn round(x: &mut Expand<'_, '_>) -> One {
    let (v, digits) = (x.arg(0), x.integer(1)?.unwrap_or(0));
    if x.kind(v) == Kind::Complex {
        return x.fail("`round` of complex numbers is not in nums yet");
    }
    if x.kind(v) == Kind::Int && digits >= 0 {
        return Ok(v);
    }
    if digits == 0 {
        return x.map(MapOp::Rint, &[v]);
    }
    let scale = x.float(10f64.powi(digits.unsigned_abs().min(400) as i32))?;
    let (up, down) = if digits > 0 { (MapOp::Multiply, MapOp::Divide) } else { (MapOp::Divide, MapOp::Multiply) };
    let dtype = x.dtype(v);
    let scaled = x.map(up, &[v, scale])?;
    let whole = x.map(MapOp::Rint, &[scaled])?;
    let out = x.map(down, &[whole, scale])?;
    if dtype.kind() == Kind::Int { x.cast(out, dtype) } else { Ok(out) }
}

fn nan_to_num(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    if x.kind(v) < Kind::Float {
        return Ok(v);
    }
    if x.kind(v) == Kind::Complex {
        return x.fail("`nan_to_num` of complex numbers is not in nums yet");
    }
    let (low, high) = match x.dtype(v) {
        DType::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
        _ => (f64::MIN, f64::MAX),
    };
    let number = |x: &mut Expand<'_, '_>, at: usize, default: f64| match x.given(at) {
        Some(v) => Ok(v),
        None => x.float(default),
    };
    let (nan, high, low) = (number(x, 1, 0.0)?, number(x, 2, high)?, number(x, 3, low)?);
    let is_nan = x.map(MapOp::IsNan, &[v])?;
    let out = x.choose(is_nan, nan, v)?;
    let above = infinite(x, f64::INFINITY)?;
    let out = x.choose(above, high, out)?;
    let below = infinite(x, f64::NEG_INFINITY)?;
    x.choose(below, low, out)
}

fn infinite(x: &mut Expand<'_, '_>, which: f64) -> One {
    let v = x.floating(x.arg(0))?;
    let inf = x.float(which)?;
    x.map(MapOp::Equal, &[v, inf])
}

fn imaginary(x: &mut Expand<'_, '_>, op: MapOp) -> One {
    let im = x.map(MapOp::Imag, &[x.arg(0)])?;
    let im = x.cast(im, float_of(x.dtype(im)))?;
    let zero = x.float(0.0)?;
    x.map(op, &[im, zero])
}

fn angle(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (re, im) = (x.map(MapOp::Real, &[v])?, x.map(MapOp::Imag, &[v])?);
    let out = x.map(MapOp::Arctan2, &[im, re])?;
    if x.flag(1, false)? { x.map(MapOp::Rad2deg, &[out]) } else { Ok(out) }
}

fn float_power(x: &mut Expand<'_, '_>) -> One {
    let wide = |x: &mut Expand<'_, '_>, v: Value| {
        let dtype = if x.kind(v) == Kind::Complex { DType::C128 } else { DType::F64 };
        x.cast(v, dtype)
    };
    let (a, b) = (wide(x, x.arg(0))?, wide(x, x.arg(1))?);
    x.map(MapOp::Power, &[a, b])
}

fn divmod(x: &mut Expand<'_, '_>) -> Made {
    let (a, b) = (x.arg(0), x.arg(1));
    Ok(vec![x.map(MapOp::FloorDivide, &[a, b])?, x.map(MapOp::Remainder, &[a, b])?])
}

fn modf(x: &mut Expand<'_, '_>) -> Made {
    let v = x.floating(x.arg(0))?;
    let whole = x.map(MapOp::Trunc, &[v])?;
    let rest = x.map(MapOp::Subtract, &[v, whole])?;
    let infinite = x.map(MapOp::IsInf, &[v])?;
    let zero = x.float(0.0)?;
    let rest = x.choose(infinite, zero, rest)?;
    Ok(vec![x.map(MapOp::Copysign, &[rest, v])?, whole])
}

fn sinc(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (zero, pi, tiny) = (x.float(0.0)?, x.float(std::f64::consts::PI)?, x.float(1e-20)?);
    let none = x.map(MapOp::Equal, &[v, zero])?;
    let v = x.choose(none, tiny, v)?;
    let y = x.map(MapOp::Multiply, &[pi, v])?;
    let s = x.map(MapOp::Sin, &[y])?;
    x.map(MapOp::Divide, &[s, y])
}

/// `|a - b| <= atol + rtol |b|`, equal infinities, and NaN beside NaN where asked.
fn is_close(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.floating(x.arg(0))?, x.floating(x.arg(1))?);
    let tolerance = |x: &mut Expand<'_, '_>, at: usize, default: f64| match x.given(at) {
        Some(v) => Ok(v),
        None => x.float(default),
    };
    let (rtol, atol) = (tolerance(x, 2, 1e-5)?, tolerance(x, 3, 1e-8)?);
    let difference = x.map(MapOp::Subtract, &[a, b])?;
    let difference = x.map(MapOp::Absolute, &[difference])?;
    let size = x.map(MapOp::Absolute, &[b])?;
    let slack = x.map(MapOp::Multiply, &[rtol, size])?;
    let slack = x.map(MapOp::Add, &[atol, slack])?;
    let near = x.map(MapOp::LessEqual, &[difference, slack])?;
    let finite = x.map(MapOp::IsFinite, &[b])?;
    let near = x.map(MapOp::LogicalAnd, &[near, finite])?;
    let equal = x.map(MapOp::Equal, &[a, b])?;
    let close = x.map(MapOp::LogicalOr, &[near, equal])?;
    if !x.flag(4, false)? {
        return Ok(close);
    }
    let (a, b) = (x.map(MapOp::IsNan, &[a])?, x.map(MapOp::IsNan, &[b])?);
    let both = x.map(MapOp::LogicalAnd, &[a, b])?;
    x.map(MapOp::LogicalOr, &[close, both])
}

fn all(x: &mut Expand<'_, '_>, v: Value) -> One {
    let axes: Vec<usize> = (0..x.rank(v)).collect();
    x.reduce(ReduceOp::All, v, &axes, false)
}

/// Shapes that differ make it false; sizes that only the call knows are compared there.
fn array_equal(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let (p, q) = (x.dims(a), x.dims(b));
    if p.len() != q.len() || p.iter().zip(&q).any(|(m, n)| !x.is_same(m, n)) {
        let no = x.number(Scalar::Bool(false))?;
        return x.cast(no, DType::Bool);
    }
    let equal = x.map(MapOp::Equal, &[a, b])?;
    let equal = if x.flag(2, false)? && x.kind(a) >= Kind::Float && x.kind(b) >= Kind::Float {
        let (a, b) = (x.map(MapOp::IsNan, &[a])?, x.map(MapOp::IsNan, &[b])?);
        let both = x.map(MapOp::LogicalAnd, &[a, b])?;
        x.map(MapOp::LogicalOr, &[equal, both])?
    } else {
        equal
    };
    all(x, equal)
}

fn covariance(x: &mut Expand<'_, '_>) -> One {
    let (v, rows) = (x.floating(x.arg(0))?, x.flag(1, true)?);
    let bias = x.flag(2, false)?;
    let ddof = x.integer(3)?.unwrap_or(i64::from(!bias));
    let v = match x.rank(v) {
        0 | 1 => {
            let n = x.product(&x.dims(v));
            x.reshape(v, &[Dim::Const(1), n])?
        }
        2 if rows => v,
        2 => x.transpose(v, &[1, 0])?,
        n => return x.fail(format!("`{}` takes at most 2 axes, not {n}", x.name())),
    };
    let n = x.dims(v)[1].clone();
    let mean = x.reduce(ReduceOp::Mean, v, &[1], true)?;
    let centred = x.map(MapOp::Subtract, &[v, mean])?;
    let other = if x.kind(v) == Kind::Complex { x.map(MapOp::Conjugate, &[centred])? } else { centred };
    let product = x.op(crate::func::Op::Matmul { trans_a: false, trans_b: true, symmetric: false }, &[centred, other])?;
    let n = n.sub(&Dim::Const(ddof)).larger(&Dim::Const(0));
    let n = x.size_as(&n, x.dtype(product))?;
    let out = x.map(MapOp::Divide, &[product, n])?;
    if x.rank(x.arg(0)) < 2 { x.reshape(out, &[]) } else { Ok(out) }
}

fn correlation(x: &mut Expand<'_, '_>) -> One {
    let c = covariance(x)?;
    if x.rank(c) == 0 {
        return x.map(MapOp::Divide, &[c, c]);
    }
    let d = super::select::diagonal_of(x, c, 0, 0, 1)?;
    let d = x.map(MapOp::Real, &[d])?;
    let d = x.map(MapOp::Sqrt, &[d])?;
    let (column, row) = (x.unsqueeze(d, 1)?, x.unsqueeze(d, 0)?);
    let c = x.map(MapOp::Divide, &[c, column])?;
    let c = x.map(MapOp::Divide, &[c, row])?;
    let (low, high) = (x.float(-1.0)?, x.float(1.0)?);
    let c = x.map(MapOp::Maximum, &[c, low])?;
    x.map(MapOp::Minimum, &[c, high])
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
    let mut sum: Option<Value> = None;
    for k in 0..m {
        let factor = x.at(short, 0, Dim::Const(m - 1 - k))?;
        let part = x.slice(padded, 0, Some(Dim::Const(k)), Some(total.add(&Dim::Const(k))), 1)?;
        let part = x.map(MapOp::Multiply, &[part, factor])?;
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

fn polyval(x: &mut Expand<'_, '_>) -> One {
    let (p, v) = (x.arg(0), x.arg(1));
    let Some(n) = x.dims(p).first().and_then(Dim::as_const) else {
        return x.fail("`polyval` wants coefficients of a constant number, as `f64[3]`");
    };
    let zero = x.int(0)?;
    let mut sum = x.map(MapOp::Multiply, &[v, zero])?;
    for i in 0..n {
        let c = x.at(p, 0, Dim::Const(i))?;
        let scaled = x.map(MapOp::Multiply, &[sum, v])?;
        sum = x.map(MapOp::Add, &[scaled, c])?;
    }
    Ok(sum)
}

/// The norm of vectors, and Frobenius' of matrices.
fn norm(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (rank, keepdims) = (x.rank(v), x.flag(3, false)?);
    let axes = x.axes_at(2, rank)?.unwrap_or_else(|| (0..rank).collect());
    let size = x.map(MapOp::Absolute, &[v])?;
    match x.attr(1).clone() {
        Attr::None => {}
        Attr::Str(s) if s == "fro" && axes.len() == 2 => {}
        Attr::Int(2) if axes.len() == 1 => {}
        Attr::Int(1) if axes.len() == 1 => return x.reduce(ReduceOp::Sum, size, &axes, keepdims),
        Attr::Float(o) if o.is_infinite() && axes.len() == 1 => {
            let op = if o > 0.0 { ReduceOp::Max } else { ReduceOp::Min };
            return x.reduce(op, size, &axes, keepdims);
        }
        _ => return x.fail("`linalg.norm` has the orders 1, 2 and infinity of vectors, and Frobenius' of matrices"),
    }
    let squares = squared(x, v)?;
    let sum = x.reduce(ReduceOp::Sum, squares, &axes, keepdims)?;
    x.map(MapOp::Sqrt, &[sum])
}
