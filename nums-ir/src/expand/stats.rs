//! Reductions beyond the table, rounding, comparisons of whole arrays, covariances. Quantiles are in `quantile`, bins in `bins`,
//! what runs along an axis in `series`.
//!
//! Every function computes in the dtype that NumPy computes in, so that results agree in dtype and to rounding.

use super::{Expand, Expansion, Made, One, one};
use crate::attr::Attr;
use crate::data::{DataOp, Rule};
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Scalar, Value};
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "mean", write: |x| mean_where(x).map(one) },
    Expansion { name: "sum", write: |x| from_initial(x, ReduceOp::Sum).map(one) },
    Expansion { name: "prod", write: |x| from_initial(x, ReduceOp::Prod).map(one) },
    Expansion { name: "max", write: |x| from_initial(x, ReduceOp::Max).map(one) },
    Expansion { name: "min", write: |x| from_initial(x, ReduceOp::Min).map(one) },
    Expansion { name: "nanmax", write: |x| from_initial(x, ReduceOp::NanMax).map(one) },
    Expansion { name: "nanmin", write: |x| from_initial(x, ReduceOp::NanMin).map(one) },
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
    Expansion { name: "average", write: average },
    Expansion { name: "clip", write: |x| clip(x).map(one) },
    Expansion { name: "round", write: |x| round(x).map(one) },
    Expansion { name: "nan_to_num", write: |x| nan_to_num(x).map(one) },
    Expansion { name: "isposinf", write: |x| infinite(x, f64::INFINITY).map(one) },
    Expansion { name: "isneginf", write: |x| infinite(x, f64::NEG_INFINITY).map(one) },
    Expansion { name: "isreal", write: |x| imaginary(x, MapOp::Equal).map(one) },
    Expansion { name: "iscomplex", write: |x| imaginary(x, MapOp::NotEqual).map(one) },
    Expansion { name: "angle", write: |x| angle(x).map(one) },
    Expansion {
        name: "conj",
        // The method of what is not complex is the array itself, where the function makes integers of booleans.
        write: |x| {
            if x.kind(x.arg(0)) == Kind::Complex { x.map(MapOp::Conjugate, &[x.arg(0)]).map(one) } else { Ok(one(x.arg(0))) }
        },
    },
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

/// The mean of the elements where a condition holds: `reduce` in `builtin` makes this call.
fn mean_where(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let (v, zero) = (x.floating(x.arg(0))?, x.float(0.0)?);
    let mask = x.cast(x.arg(4), DType::Bool)?;
    let some = x.choose(mask, v, zero)?;
    let sum = x.reduce(ReduceOp::Sum, some, &axes, keepdims)?;
    let mask = x.broadcast(mask, &x.dims(some))?;
    let n = x.reduce(ReduceOp::Sum, mask, &axes, keepdims)?;
    let n = x.cast(n, x.dtype(sum))?;
    x.map(MapOp::Divide, &[sum, n])
}

/// A reduction with `initial=`, which has the reduction's dtype and is the value of nothing; `where=` leaves elements out.
/// `reduce` in `builtin` makes this call.
fn from_initial(x: &mut Expand<'_, '_>, op: ReduceOp) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(2, false)?);
    let v = x.arg(0);
    let (_, dtype) = crate::promote::reduce_dtypes(op, x.dtype(v)).map_err(|e| crate::diag::Diag::new(x.loc, e))?;
    if x.rank(x.arg(3)) > 0 {
        return x.fail(format!("`initial` of `{}` must be one value, found {}", x.name(), x.ty(x.arg(3))));
    }
    x.fits(x.arg(3), dtype)?;
    let initial = x.cast(x.arg(3), dtype)?;
    if axes.iter().any(|a| x.dims(v)[*a] == Dim::Const(0)) {
        let dims = x.dims(v).into_iter().enumerate().filter(|(a, _)| keepdims || !axes.contains(a));
        let dims: Vec<Dim> = dims.map(|(a, d)| if axes.contains(&a) { Dim::Const(1) } else { d }).collect();
        return x.full(&dims, initial, dtype);
    }
    let v = match x.given(4) {
        None => v,
        Some(mask) => {
            let neutral = match op {
                ReduceOp::Sum => x.int(0)?,
                ReduceOp::Prod => x.int(1)?,
                ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin => initial,
                ReduceOp::Mean | ReduceOp::Any | ReduceOp::All | ReduceOp::Moments | ReduceOp::Spread | ReduceOp::SquareSum => {
                    return x.fail(format!("`{}` takes no `initial=`", x.name()));
                }
            };
            x.choose(mask, v, neutral)?
        }
    };
    let out = x.reduce(op, v, &axes, keepdims)?;
    match op.combine() {
        Some(join) => x.map(join, &[out, initial]),
        None => x.fail(format!("`{}` takes no `initial=`", x.name())),
    }
}

/// `ddof=`, or `correction=` of the Array API.
fn freedom(x: &Expand<'_, '_>) -> Result<i64, crate::diag::Diag> {
    match (x.attr(4), x.attr(8)) {
        (Attr::Int(n), Attr::None) | (Attr::None | Attr::Int(0), Attr::Int(n)) => Ok(*n),
        (Attr::None | Attr::Int(0), Attr::Float(n)) if n.fract() == 0.0 => Ok(*n as i64),
        (Attr::None, Attr::None) => Ok(0),
        _ => x.fail(format!("`ddof` or `correction` of `{}` is one literal integer", x.name())),
    }
}

/// The array in the float dtype that is computed in: parameter 2, or its own.
fn in_dtype(x: &mut Expand<'_, '_>) -> One {
    match x.dtype_at(2)? {
        Some(dtype) if dtype.kind() < Kind::Float => x.fail(format!("`{}` is computed in floats, not in {dtype}", x.name())),
        Some(dtype) => x.cast(x.arg(0), dtype),
        None => x.floating(x.arg(0)),
    }
}

fn variance(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(5, false)?);
    let ddof = freedom(x)?;
    let a = in_dtype(x)?;
    let mean = x.reduce(ReduceOp::Mean, a, &axes, true)?;
    let centred = x.map(MapOp::Subtract, &[a, mean])?;
    let squares = squared(x, centred)?;
    let sum = x.reduce(ReduceOp::Sum, squares, &axes, keepdims)?;
    let n = count(x, a, &axes).sub(&Dim::Const(ddof)).larger(&Dim::Const(0));
    let n = x.size_as(&n, x.dtype(sum))?;
    x.map(MapOp::Divide, &[sum, n])
}

/// `|v|²`, real.
pub(super) fn squared(x: &mut Expand<'_, '_>, v: Value) -> One {
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
pub(super) fn replaced(x: &mut Expand<'_, '_>, v: Value, instead: f64) -> One {
    if x.kind(v) < Kind::Float {
        return Ok(v);
    }
    let nan = x.map(MapOp::IsNan, &[v])?;
    let instead = x.float(instead)?;
    x.choose(nan, instead, v)
}

fn without_nan(x: &mut Expand<'_, '_>, op: ReduceOp, instead: f64) -> One {
    let (axes, keepdims) = (axes(x)?, x.flag(4, false)?);
    let v = replaced(x, x.arg(0), instead)?;
    match x.dtype_at(2)? {
        None => x.reduce(op, v, &axes, keepdims),
        Some(dtype) => {
            let v = x.cast(v, dtype)?;
            let out = x.reduce(op, v, &axes, keepdims)?;
            x.cast(out, dtype)
        }
    }
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
    let (axes, keepdims) = (axes(x)?, x.flag(4, false)?);
    let v = in_dtype(x)?;
    let (sum, n) = nan_sum(x, v, &axes, keepdims)?;
    let n = x.cast(n, x.dtype(sum))?;
    x.map(MapOp::Divide, &[sum, n])
}

fn nan_variance(x: &mut Expand<'_, '_>) -> One {
    let (axes, keepdims, ddof) = (axes(x)?, x.flag(5, false)?, freedom(x)?);
    let v = in_dtype(x)?;
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

/// The mean, with weights; with `returned=True` the sums of the weights too, in the shape of the result.
fn average(x: &mut Expand<'_, '_>) -> Made {
    let (axes, keepdims, both) = (axes(x)?, x.flag(4, false)?, x.flag(3, false)?);
    let v = x.arg(0);
    let Some(weights) = x.given(2) else {
        let mean = x.reduce(ReduceOp::Mean, v, &axes, keepdims)?;
        if !both {
            return Ok(vec![mean]);
        }
        let n = x.size_as(&count(x, v, &axes), x.dtype(mean))?;
        let n = x.broadcast(n, &x.dims(mean))?;
        return Ok(vec![mean, n]);
    };
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
    // Integers are averaged in f64; of floats the weights do not decide the precision unless they are wider.
    let own = if x.kind(v) < Kind::Float { DType::F64 } else { x.dtype(v) };
    let dtype = own.promote(x.dtype(weights));
    let (v, weights) = (x.cast(v, dtype)?, x.cast(weights, dtype)?);
    let scaled = x.map(MapOp::Multiply, &[v, weights])?;
    let sum = x.reduce(ReduceOp::Sum, scaled, &axes, keepdims)?;
    let weights = x.broadcast(weights, &dims)?;
    let total = x.reduce(ReduceOp::Sum, weights, &axes, keepdims)?;
    let total = x.data(DataOp::Check { rule: Rule::Weights }, &[total])?;
    let mean = x.map(MapOp::Divide, &[sum, total])?;
    Ok(if both { vec![mean, total] } else { vec![mean] })
}

pub(super) fn float_of(dtype: DType) -> DType {
    if dtype.kind() < Kind::Float { DType::F64 } else { dtype }
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
    if x.kind(v) == Kind::Int && digits >= 0 {
        return Ok(v);
    }
    if digits == 0 {
        return x.map(MapOp::Rint, &[v]);
    }
    let scale = 10f64.powi(digits.unsigned_abs().min(400) as i32);
    let (up, down) = if digits > 0 { (MapOp::Multiply, MapOp::Divide) } else { (MapOp::Divide, MapOp::Multiply) };
    let dtype = x.dtype(v);
    let out = in_parts(x, v, |x, part| {
        let scale = x.float(scale)?;
        let scaled = x.map(up, &[part, scale])?;
        let whole = x.map(MapOp::Rint, &[scaled])?;
        x.map(down, &[whole, scale])
    })?;
    if dtype.kind() == Kind::Int { x.cast(out, dtype) } else { Ok(out) }
}

/// Of a complex number the real and the imaginary part by themselves.
fn nan_to_num(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    if x.kind(v) < Kind::Float {
        return Ok(v);
    }
    let (low, high) = match x.dtype(v).to_float() {
        DType::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
        _ => (f64::MIN, f64::MAX),
    };
    let number = |x: &mut Expand<'_, '_>, at: usize, default: f64| match x.given(at) {
        Some(v) => Ok(v),
        None => x.float(default),
    };
    let (nan, high, low) = (number(x, 1, 0.0)?, number(x, 2, high)?, number(x, 3, low)?);
    in_parts(x, v, |x, part| {
        let is_nan = x.map(MapOp::IsNan, &[part])?;
        let (above, below) = (equals(x, part, f64::INFINITY)?, equals(x, part, f64::NEG_INFINITY)?);
        let out = x.choose(is_nan, nan, part)?;
        let out = x.choose(above, high, out)?;
        x.choose(below, low, out)
    })
}

/// What `each` makes of a real array, or of the parts of a complex one.
fn in_parts(x: &mut Expand<'_, '_>, v: Value, each: impl Fn(&mut Expand<'_, '_>, Value) -> One) -> One {
    if x.kind(v) != Kind::Complex {
        return each(x, v);
    }
    let (re, im) = (x.map(MapOp::Real, &[v])?, x.map(MapOp::Imag, &[v])?);
    let (re, im) = (each(x, re)?, each(x, im)?);
    // A product with the unit would make a part NaN where the other is infinite or NaN: these are constants that are added.
    let (finite, zero, unit) = (x.map(MapOp::IsFinite, &[im])?, x.float(0.0)?, x.number(Scalar::Complex(0.0, 1.0))?);
    let tame = x.choose(finite, im, zero)?;
    let tame = x.map(MapOp::Multiply, &[tame, unit])?;
    let mut wild = x.number(Scalar::Complex(0.0, f64::NAN))?;
    for end in [f64::INFINITY, f64::NEG_INFINITY] {
        let (at_end, constant) = (equals(x, im, end)?, x.number(Scalar::Complex(0.0, end))?);
        wild = x.choose(at_end, constant, wild)?;
    }
    let nothing = x.number(Scalar::Complex(0.0, 0.0))?;
    let wild = x.choose(finite, nothing, wild)?;
    let wild = x.cast(wild, x.dtype(v))?;
    let im = x.map(MapOp::Add, &[tame, wild])?;
    x.map(MapOp::Add, &[re, im])
}

fn equals(x: &mut Expand<'_, '_>, v: Value, number: f64) -> One {
    let number = x.float(number)?;
    x.map(MapOp::Equal, &[v, number])
}

fn infinite(x: &mut Expand<'_, '_>, which: f64) -> One {
    let v = x.floating(x.arg(0))?;
    equals(x, v, which)
}

fn imaginary(x: &mut Expand<'_, '_>, op: MapOp) -> One {
    let im = x.map(MapOp::Imag, &[x.arg(0)])?;
    let im = x.cast(im, float_of(x.dtype(im)))?;
    let zero = x.float(0.0)?;
    x.map(op, &[im, zero])
}

fn angle(x: &mut Expand<'_, '_>) -> One {
    // The imaginary part is a plain 0, beside which booleans are integers.
    let v = if x.kind(x.arg(0)) == Kind::Bool { x.floating(x.arg(0))? } else { x.own_float(x.arg(0))? };
    let (re, im) = (x.map(MapOp::Real, &[v])?, x.map(MapOp::Imag, &[v])?);
    let out = x.map(MapOp::Arctan2, &[im, re])?;
    if x.flag(1, false)? { x.map(MapOp::Rad2deg, &[out]) } else { Ok(out) }
}

/// In double precision.
fn wide(x: &mut Expand<'_, '_>, v: Value) -> One {
    let dtype = if x.kind(v) == Kind::Complex { DType::C128 } else { DType::F64 };
    x.cast(v, dtype)
}

fn float_power(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (wide(x, x.arg(0))?, wide(x, x.arg(1))?);
    x.map(MapOp::Power, &[a, b])
}

fn divmod(x: &mut Expand<'_, '_>) -> Made {
    let (a, b) = (x.arg(0), x.arg(1));
    Ok(vec![x.map(MapOp::FloorDivide, &[a, b])?, x.map(MapOp::Remainder, &[a, b])?])
}

fn modf(x: &mut Expand<'_, '_>) -> Made {
    let v = x.own_float(x.arg(0))?;
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

/// Covariances are computed in double precision, whatever the dtype, as NumPy's are.
fn covariance(x: &mut Expand<'_, '_>) -> One {
    let (v, rows) = (wide(x, x.arg(0))?, x.flag(1, true)?);
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
    if x.dims(v)[0] == Dim::Const(0) {
        let nothing = x.float(0.0)?;
        return x.full(&[Dim::Const(0), Dim::Const(0)], nothing, DType::F64);
    }
    let n = x.dims(v)[1].clone();
    let mean = x.reduce(ReduceOp::Mean, v, &[1], true)?;
    let centred = x.map(MapOp::Subtract, &[v, mean])?;
    let other = if x.kind(v) == Kind::Complex { x.map(MapOp::Conjugate, &[centred])? } else { centred };
    let product = x.op(crate::func::Op::Matmul { trans_a: false, trans_b: true, symmetric: false }, &[centred, other])?;
    let n = n.sub(&Dim::Const(ddof)).larger(&Dim::Const(0));
    let n = x.size_as(&n, x.dtype(product))?;
    let out = x.map(MapOp::Divide, &[product, n])?;
    // The variance of one row is one value.
    if x.dims(out)[0] == Dim::Const(1) { x.reshape(out, &[]) } else { Ok(out) }
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
    in_parts(x, c, |x, part| {
        let (low, high) = (x.float(-1.0)?, x.float(1.0)?);
        let part = x.map(MapOp::Maximum, &[part, low])?;
        x.map(MapOp::Minimum, &[part, high])
    })
}
