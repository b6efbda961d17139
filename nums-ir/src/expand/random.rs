//! Random numbers: `rng = np.random.default_rng(seed)` and what is drawn from it.
//!
//! The element at a position depends on the seed, on which draw of the program it belongs to, and on the position: not on
//! blocks, workers or the order of anything. The numbers are not NumPy's, which come one after the other.

use super::{Expand, Expansion, One, one};
use crate::attr::Attr;
use crate::data::{DataOp, Dist, Rule};
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Size, Value};
use crate::ops::{MapOp, ReduceOp};

// Parameter 0 is the seed, 1 the number of the draw.
pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "random.random", write: |x| random(x).map(one) },
    Expansion { name: "random.uniform", write: |x| uniform(x).map(one) },
    Expansion { name: "random.normal", write: |x| normal(x).map(one) },
    Expansion { name: "random.standard_normal", write: |x| standard(x, Dist::Normal).map(one) },
    Expansion { name: "random.exponential", write: |x| exponential(x).map(one) },
    Expansion { name: "random.standard_exponential", write: |x| standard(x, Dist::Exponential).map(one) },
    Expansion { name: "random.gamma", write: |x| gamma(x).map(one) },
    Expansion { name: "random.chisquare", write: |x| chisquare(x).map(one) },
    Expansion { name: "random.beta", write: |x| beta(x).map(one) },
    Expansion { name: "random.integers", write: |x| integers(x).map(one) },
    Expansion { name: "random.poisson", write: |x| counts(x, Dist::Poisson).map(one) },
    Expansion { name: "random.binomial", write: |x| counts(x, Dist::Binomial).map(one) },
    Expansion { name: "random.permutation", write: |x| permutation(x).map(one) },
    Expansion { name: "random.choice", write: |x| choice(x).map(one) },
];

/// The method's name, as a generator has it.
fn method(x: &Expand<'_, '_>) -> &'static str {
    x.name().trim_start_matches("random.")
}

/// A parameter of a distribution, where the source writes it.
fn holds(x: &Expand<'_, '_>, at: usize, what: &str, rule: impl Fn(f64) -> bool) -> Result<(), Diag> {
    let written = x.given(at).map(|v| x.written(v)).unwrap_or_default();
    match written.iter().find(|p| !rule(**p)) {
        Some(bad) => x.fail(format!("`{}` of `{}` must {what}, found {bad}", x.parameter(at), method(x))),
        None => Ok(()),
    }
}

fn not_negative(x: &Expand<'_, '_>, at: usize) -> Result<(), Diag> {
    holds(x, at, "not be negative", |p| p >= 0.0)
}

/// Bounds of integers that are written, the second above the first.
fn rise(x: &Expand<'_, '_>, low: Value, high: Value, closed: bool) -> Result<(), Diag> {
    match (&x.written(low)[..], &x.written(high)[..]) {
        ([a], [b]) if b < a || !closed && b == a => x.fail(format!("`{}` has nothing to draw from {a} to {b}", method(x))),
        _ => Ok(()),
    }
}

/// Numbers of a distribution; `part` tells apart several that one draw needs.
fn draw(x: &mut Expand<'_, '_>, dist: Dist, parameters: &[Value], dims: &[Dim], dtype: DType, part: u64) -> One {
    if let Some(bad) = x.written(x.arg(0)).iter().find(|seed| **seed < 0.0) {
        return x.fail(format!("a seed must not be negative, found {bad}"));
    }
    let seed = x.cast(x.arg(0), DType::I64)?;
    let stream = match x.attr(1) {
        Attr::Int(i) => u64::try_from(*i).unwrap_or(0) * 16 + part,
        _ => return x.fail("a draw has a number"),
    };
    let mut args = vec![seed];
    for p in parameters {
        let p = x.cast(*p, if dist == Dist::Integers { DType::I64 } else { DType::F64 })?;
        // An array has a parameter for each number that is drawn.
        args.push(if x.rank(p) == 0 { p } else { x.broadcast(p, dims)? });
    }
    let shape = dims.iter().cloned().map(Size::Dim).collect();
    x.data(DataOp::Random { dist, stream, shape, dtype }, &args)
}

fn float(x: &Expand<'_, '_>, at: usize) -> Result<DType, Diag> {
    match x.dtype_at(at)?.unwrap_or(DType::F64) {
        dtype @ (DType::F32 | DType::F64) => Ok(dtype),
        other => x.fail(format!("random numbers are f32 or f64, not {other}")),
    }
}

fn random(x: &mut Expand<'_, '_>) -> One {
    let (dims, dtype) = (x.sizes_at(2)?, float(x, 3)?);
    draw(x, Dist::Uniform, &[], &dims, dtype, 0)
}

fn standard(x: &mut Expand<'_, '_>, dist: Dist) -> One {
    let (dims, dtype) = (x.sizes_at(2)?, float(x, 3)?);
    draw(x, dist, &[], &dims, dtype, 0)
}

/// The shape of a draw: given as parameter `at`, or the common one of the parameters from 2 on before it.
fn shape_of(x: &mut Expand<'_, '_>, at: usize) -> Result<Vec<Dim>, Diag> {
    if *x.attr(at) != Attr::None {
        return x.sizes_at(at);
    }
    let arrays: Vec<Value> = (2..at).filter_map(|p| x.given(p)).collect();
    let Some((first, rest)) = arrays.split_first() else { return Ok(vec![]) };
    let mut common = *first;
    for v in rest {
        common = x.map(MapOp::Equal, &[common, *v])?;
    }
    Ok(x.dims(common))
}

fn scaled(x: &mut Expand<'_, '_>, raw: Value, shift: Option<Value>, scale: Option<Value>) -> One {
    let mut v = raw;
    if let Some(scale) = scale {
        v = x.map(MapOp::Multiply, &[v, scale])?;
    }
    if let Some(shift) = shift {
        v = x.map(MapOp::Add, &[v, shift])?;
    }
    Ok(v)
}

fn uniform(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 4)?;
    let raw = draw(x, Dist::Uniform, &[], &dims, DType::F64, 0)?;
    let low = x.given(2);
    let width = match (low, x.given(3)) {
        (Some(low), Some(high)) => Some(x.map(MapOp::Subtract, &[high, low])?),
        (Some(low), None) => {
            let one = x.float(1.0)?;
            Some(x.map(MapOp::Subtract, &[one, low])?)
        }
        (None, high) => high,
    };
    let width = width.map(|width| x.checked(width, Rule::Width)).transpose()?;
    scaled(x, raw, low, width)
}

fn normal(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 4)?;
    let raw = draw(x, Dist::Normal, &[], &dims, DType::F64, 0)?;
    let scale = x.given(3).map(|scale| x.checked(scale, Rule::Scale)).transpose()?;
    scaled(x, raw, x.given(2), scale)
}

fn exponential(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 3)?;
    let raw = draw(x, Dist::Exponential, &[], &dims, DType::F64, 0)?;
    let scale = x.given(2).map(|scale| x.checked(scale, Rule::Scale)).transpose()?;
    scaled(x, raw, None, scale)
}

fn gamma(x: &mut Expand<'_, '_>) -> One {
    not_negative(x, 2)?;
    let dims = shape_of(x, 4)?;
    let raw = draw(x, Dist::Gamma, &[x.arg(2)], &dims, DType::F64, 0)?;
    let scale = x.given(3).map(|scale| x.checked(scale, Rule::Scale)).transpose()?;
    scaled(x, raw, None, scale)
}

fn chisquare(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 3)?;
    let two = x.float(2.0)?;
    let freedom = x.checked(x.arg(2), Rule::Shape)?;
    let half = x.map(MapOp::Divide, &[freedom, two])?;
    let raw = draw(x, Dist::Gamma, &[half], &dims, DType::F64, 0)?;
    x.map(MapOp::Multiply, &[raw, two])
}

/// A ratio of gamma variables.
fn beta(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 4)?;
    let (a, b) = (x.checked(x.arg(2), Rule::Shape)?, x.checked(x.arg(3), Rule::Shape)?);
    let a = draw(x, Dist::Gamma, &[a], &dims, DType::F64, 0)?;
    let b = draw(x, Dist::Gamma, &[b], &dims, DType::F64, 1)?;
    let sum = x.map(MapOp::Add, &[a, b])?;
    x.map(MapOp::Divide, &[a, sum])
}

fn integers(x: &mut Expand<'_, '_>) -> One {
    let dims = shape_of(x, 4)?;
    let dtype = x.dtype_at(5)?.unwrap_or(DType::I64);
    if dtype.kind() != Kind::Int {
        return x.fail(format!("`integers` draws integers, not {dtype}"));
    }
    let (mut low, mut high) = match x.given(3) {
        Some(high) => (x.arg(2), high),
        None => (x.int(0)?, x.arg(2)),
    };
    if x.kind(low).max(x.kind(high)) != Kind::Int {
        return x.fail("the bounds of `integers` are integers");
    }
    let closed = x.flag(6, false)?;
    rise(x, low, high, closed)?;
    if closed {
        let one = x.int(1)?;
        high = x.map(MapOp::Add, &[high, one])?;
    }
    let (least, beyond) = crate::infer::range(dtype);
    if x.written(low).iter().any(|a| *a < least as f64) || x.written(high).iter().any(|b| *b > (beyond + 1) as f64) {
        return x.fail(format!("a bound of `integers` is outside {dtype}, which holds {least} to {beyond}"));
    }
    (low, high) = (x.cast(low, DType::I64)?, x.cast(high, DType::I64)?);
    draw(x, Dist::Integers, &[low, high], &dims, dtype, 0)
}

fn counts(x: &mut Expand<'_, '_>, dist: Dist) -> One {
    let n = dist.parameters();
    not_negative(x, 2)?;
    if dist == Dist::Binomial {
        holds(x, 3, "lie between 0 and 1", |p| (0.0..=1.0).contains(&p))?;
    }
    let dims = shape_of(x, 2 + n)?;
    let parameters: Vec<Value> = (0..n).map(|i| x.arg(2 + i)).collect();
    draw(x, dist, &parameters, &dims, DType::I64, 0)
}

/// An order of `n`: the positions of sorted random integers, of which no two are likely equal and ties keep their order.
fn shuffled(x: &mut Expand<'_, '_>, n: &Dim) -> One {
    let (low, high) =
        (x.number(crate::func::Scalar::Int(i64::MIN.into()))?, x.number(crate::func::Scalar::Int(i64::MAX.into()))?);
    let keys = draw(x, Dist::Integers, &[low, high], std::slice::from_ref(n), DType::I64, 2)?;
    x.data(DataOp::Sort { axis: 0, index: true }, &[keys])
}

fn permutation(x: &mut Expand<'_, '_>) -> One {
    match x.given(2).filter(|v| x.rank(*v) > 0) {
        Some(v) => {
            let n = x.dims(v)[0].clone();
            let order = shuffled(x, &n)?;
            x.take(v, order, 0)
        }
        None => {
            let n = match x.given(2) {
                Some(v) => x.as_dim(v)?,
                None => return x.fail("`permutation` wants a number or an array"),
            };
            shuffled(x, &n)
        }
    }
}

/// Probabilities of a choice from `n`.
fn weights(x: &Expand<'_, '_>, p: Value, n: &Dim) -> Result<(), Diag> {
    let dims = x.dims(p);
    if dims.len() != 1 || !x.is_same(&dims[0], n) {
        return x.fail(format!("`choice` wants a probability for each of {n}, not {}", x.ty(p)));
    }
    let written = x.written(p);
    let whole = dims[0].as_const() == i64::try_from(written.len()).ok();
    let sum: f64 = written.iter().sum();
    match written.iter().find(|p| **p < 0.0) {
        Some(bad) => x.fail(format!("a probability of `choice` must not be negative, found {bad}")),
        // As close to 1 as NumPy asks.
        None if whole && (sum - 1.0).abs() > 1.5e-8 => {
            let sum = (sum * 1e8).round() / 1e8;
            x.fail(format!("the probabilities of `choice` must sum to 1, not to {sum}"))
        }
        None => Ok(()),
    }
}

fn choice(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(2);
    let n = if x.rank(v) == 0 { x.as_dim(v)? } else { x.dims(v)[0].clone() };
    let dims = shape_of(x, 3)?;
    let places = match (x.flag(4, true)?, x.given(5)) {
        (true, None) => {
            let (zero, n) = (x.int(0)?, x.dim(&n)?);
            draw(x, Dist::Integers, &[zero, n], &dims, DType::I64, 0)?
        }
        (true, Some(p)) => {
            weights(x, p, &n)?;
            let p = x.cast(p, DType::F64)?;
            let sums = x.data(DataOp::Scan { op: ReduceOp::Sum, axis: 0 }, &[p])?;
            let total = x.at(sums, 0, Dim::Const(-1))?;
            let sums = x.map(MapOp::Divide, &[sums, total])?;
            let u = draw(x, Dist::Uniform, &[], &dims, DType::F64, 0)?;
            x.data(DataOp::Search { right: true }, &[sums, u])?
        }
        (false, None) => {
            let order = shuffled(x, &n)?;
            let count = x.product(&dims);
            if let (Some(n), Some(k)) = (n.as_const(), count.as_const())
                && k > n
            {
                return x.fail(format!("{k} of {n} cannot be chosen without replacement"));
            }
            let first = x.slice(order, 0, None, Some(count), 1)?;
            x.reshape(first, &dims)?
        }
        (false, Some(_)) => return x.fail("`choice` without replacement and with probabilities is not in nums yet"),
    };
    if x.rank(v) == 0 { Ok(places) } else { x.take(v, places, 0) }
}
