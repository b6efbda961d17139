//! Bins: counts of integers, histograms, where values belong among edges, interpolation between points.
//!
//! All of these search in sorted edges; counting is a `put` that adds. The number of bins of `bincount` is in the data, so a call
//! waits for it.

use super::{Expand, Expansion, Made, One, one};
use crate::attr::Attr;
use crate::data::DataOp;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::Value;
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "bincount", write: |x| bincount(x).map(one) },
    Expansion { name: "histogram", write: histogram },
    Expansion { name: "digitize", write: |x| digitize(x).map(one) },
    Expansion { name: "interp", write: |x| interp(x).map(one) },
];

fn bincount(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    if x.rank(v) != 1 || x.kind(v) > Kind::Int {
        return x.fail(format!("`bincount` counts integers along one axis, not {}", x.ty(v)));
    }
    if let Some(weights) = x.given(1)
        && x.kind(weights) == Kind::Complex
    {
        return x.fail(format!("`bincount` adds real weights, not {}", x.ty(weights)));
    }
    weight_for_each(x, x.given(1), v)?;
    let v = x.cast(v, DType::I64)?;
    let least = x.integer(2)?.unwrap_or(0);
    if least < 0 {
        return x.fail(format!("`minlength` of `bincount` must not be negative, found {least}"));
    }
    // The number of bins is in the data; the largest of nothing is -1.
    let (none, n) = (x.int(-1)?, x.dims(v)[0].clone());
    let none = x.full(&[Dim::Const(1).sub(&n.smaller(&Dim::Const(1)))], none, DType::I64)?;
    let with = x.concatenate(&[v, none], 0)?;
    let largest = x.reduce(ReduceOp::Max, with, &[0], false)?;
    let one = x.int(1)?;
    let bins = x.map(MapOp::Add, &[largest, one])?;
    let least = x.int(least)?;
    let bins = x.map(MapOp::Maximum, &[bins, least])?;
    let bins = x.item(bins)?;
    let bins = x.as_dim(bins)?;
    counted(x, v, x.given(1), &bins)
}

fn weight_for_each(x: &Expand<'_, '_>, weights: Option<Value>, v: Value) -> Result<(), Diag> {
    match weights.filter(|w| x.rank(*w) != x.rank(v) || x.dims(*w).iter().zip(&x.dims(v)).any(|(a, b)| !x.is_same(a, b))) {
        Some(w) => x.fail(format!("`{}` wants a weight for each element: {} for {}", x.name(), x.ty(w), x.ty(v))),
        None => Ok(()),
    }
}

/// How often each of `0..bins` stands in `v`, or the sum of its weights.
fn counted(x: &mut Expand<'_, '_>, v: Value, weights: Option<Value>, bins: &Dim) -> One {
    let dtype = match weights.map(|w| x.kind(w)) {
        None => DType::I64,
        Some(Kind::Complex) => DType::C128,
        Some(Kind::Bool | Kind::Int | Kind::Float) => DType::F64,
    };
    let zero = x.int(0)?;
    let empty = x.full(std::slice::from_ref(bins), zero, dtype)?;
    let each = match weights {
        Some(w) => x.cast(w, dtype)?,
        None => {
            let one = x.int(1)?;
            x.full(&[], one, DType::I64)?
        }
    };
    x.data(DataOp::Put { axis: 0, count: 1, add: true }, &[empty, each, v])
}

fn histogram(x: &mut Expand<'_, '_>) -> Made {
    weight_for_each(x, x.given(3), x.arg(0))?;
    let v = x.ravel(x.arg(0))?;
    let weights = match x.given(3) {
        Some(w) => Some(x.ravel(w)?),
        None => None,
    };
    let edges = match x.attr(1).clone() {
        Attr::Arg(i) if x.rank(x.args[i]) == 1 => {
            if falls(&x.written(x.args[i])) {
                return x.fail("the edges of `histogram` must not fall");
            }
            x.args[i]
        }
        attr => {
            let bins = match attr {
                Attr::None => Dim::Const(10),
                Attr::Int(n) if n > 0 => Dim::Const(n),
                Attr::Size(crate::func::Size::Dim(d)) => d,
                _ => return x.fail("`bins` of `histogram` is a positive integer or an array of edges"),
            };
            let v = x.floating(v)?;
            let (low, high) = bounds(x, v)?;
            even_edges(x, low, high, &bins)?
        }
    };
    let n = x.dims(edges)[0].sub(&Dim::Const(1));
    let after = {
        let (edges, v) = super::select::common(x, edges, v)?;
        x.data(DataOp::Search { right: true }, &[edges, v])?
    };
    let one = x.int(1)?;
    let bin = x.map(MapOp::Subtract, &[after, one])?;
    let last = x.at(edges, 0, Dim::Const(-1))?;
    let at_end = x.map(MapOp::Equal, &[v, last])?;
    let end = x.size_as(&n.sub(&Dim::Const(1)), DType::I64)?;
    let bin = x.choose(at_end, end, bin)?;
    // What lies outside goes into a bin more, which is dropped.
    let zero = x.int(0)?;
    let (below, past) = (x.map(MapOp::Less, &[bin, zero])?, x.map(MapOp::Greater, &[bin, end])?);
    let outside = x.map(MapOp::LogicalOr, &[below, past])?;
    let spare = x.size_as(&n, DType::I64)?;
    let bin = x.choose(outside, spare, bin)?;
    let counts = counted(x, bin, weights, &n.add(&Dim::Const(1)))?;
    let counts = x.slice(counts, 0, None, Some(Dim::Const(-1)), 1)?;
    // Weights are added in double precision and come back in their own dtype.
    let counts = match weights {
        Some(w) => x.cast(counts, x.dtype(w))?,
        None => counts,
    };
    if !x.flag(4, false)? {
        return Ok(vec![counts, edges]);
    }
    let (a, b) = (x.slice(edges, 0, Some(Dim::Const(1)), None, 1)?, x.slice(edges, 0, None, Some(Dim::Const(-1)), 1)?);
    let widths = x.map(MapOp::Subtract, &[a, b])?;
    let widths = x.cast(widths, DType::F64)?;
    let total = x.reduce(ReduceOp::Sum, counts, &[0], false)?;
    let density = x.map(MapOp::Divide, &[counts, widths])?;
    Ok(vec![x.map(MapOp::Divide, &[density, total])?, edges])
}

/// The range of a histogram: given, or of the data; an empty one is widened by a half on each side.
fn bounds(x: &mut Expand<'_, '_>, v: Value) -> Result<(Value, Value), Diag> {
    let range = x.list(2);
    if *x.attr(2) != Attr::None && range.len() != 2 {
        return x.fail(format!("`range` of `histogram` is a pair of two numbers, not {} of them", range.len()));
    }
    let ends: Vec<f64> = range.iter().flat_map(|end| x.written(*end)).collect();
    if falls(&ends) {
        return x.fail(format!("`range` of `histogram` ends below its beginning: {} to {}", ends[0], ends[1]));
    }
    let (low, high) = match range.as_slice() {
        [low, high] => (x.cast(*low, x.dtype(v))?, x.cast(*high, x.dtype(v))?),
        _ if x.dims(v)[0] == Dim::Const(0) => {
            let (zero, one) = (x.float(0.0)?, x.float(1.0)?);
            (x.cast(zero, x.dtype(v))?, x.cast(one, x.dtype(v))?)
        }
        _ => (x.reduce(ReduceOp::Min, v, &[0], false)?, x.reduce(ReduceOp::Max, v, &[0], false)?),
    };
    let same = x.map(MapOp::Equal, &[low, high])?;
    let half = x.float(0.5)?;
    let (down, up) = (x.map(MapOp::Subtract, &[low, half])?, x.map(MapOp::Add, &[high, half])?);
    Ok((x.choose(same, down, low)?, x.choose(same, up, high)?))
}

/// `bins + 1` edges from `low` to `high`, as `linspace` makes them.
fn even_edges(x: &mut Expand<'_, '_>, low: Value, high: Value, bins: &Dim) -> One {
    let dtype = x.dtype(low);
    let i = x.arange(&bins.add(&Dim::Const(1)))?;
    let i = x.cast(i, dtype)?;
    let n = x.size_as(bins, dtype)?;
    let width = x.map(MapOp::Subtract, &[high, low])?;
    let step = x.map(MapOp::Divide, &[width, n])?;
    let along = x.map(MapOp::Multiply, &[i, step])?;
    let inner = x.map(MapOp::Add, &[along, low])?;
    let last = x.map(MapOp::Equal, &[i, n])?;
    x.choose(last, high, inner)
}

/// Whether a number is less than the one before it.
fn falls(numbers: &[f64]) -> bool {
    numbers.windows(2).any(|w| w[1] < w[0])
}

/// The bin of each element. Edges that are written from the largest down are read from behind, as NumPy does.
fn digitize(x: &mut Expand<'_, '_>) -> One {
    if x.rank(x.arg(1)) != 1 {
        return x.fail(format!("the edges of `digitize` must have one axis, found {}", x.ty(x.arg(1))));
    }
    let mut edges = x.written(x.arg(1));
    let down = falls(&edges);
    edges.reverse();
    if down && falls(&edges) {
        return x.fail("the edges of `digitize` must all rise or all fall");
    }
    let (v, bins) = super::select::common(x, x.arg(0), x.arg(1))?;
    let right = x.flag(2, false)?;
    if !down {
        return x.data(DataOp::Search { right: !right }, &[bins, v]);
    }
    let up = x.slice(bins, 0, None, None, -1)?;
    let behind = x.data(DataOp::Search { right: !right }, &[up, v])?;
    let n = x.dim(&x.dims(bins)[0].clone())?;
    x.map(MapOp::Subtract, &[n, behind])
}

fn interp(x: &mut Expand<'_, '_>) -> One {
    let v = x.cast(x.arg(0), DType::F64)?;
    let heights = if x.kind(x.arg(2)) == Kind::Complex { DType::C128 } else { DType::F64 };
    let (places, heights) = (x.cast(x.arg(1), DType::F64)?, x.cast(x.arg(2), heights)?);
    let n = match (x.dims(places).as_slice(), x.dims(heights).as_slice()) {
        ([n], [m]) if x.is_same(n, m) => n.clone(),
        _ => {
            let (places, heights) = (x.ty(x.arg(1)), x.ty(x.arg(2)));
            return x.fail(format!("`interp` wants places and heights of one axis and one size, not {places} and {heights}"));
        }
    };
    let after = x.data(DataOp::Search { right: true }, &[places, v])?;
    let (zero, one, end) = (x.int(0)?, x.int(1)?, x.size_as(&n.sub(&Dim::Const(2)), DType::I64)?);
    let low = x.map(MapOp::Subtract, &[after, one])?;
    let low = x.map(MapOp::Minimum, &[low, end])?;
    let low = x.map(MapOp::Maximum, &[low, zero])?;
    let last = x.size_as(&n.sub(&Dim::Const(1)), DType::I64)?;
    let high = x.map(MapOp::Add, &[low, one])?;
    let high = x.map(MapOp::Minimum, &[high, last])?;
    let (a, b) = (x.take(places, low, 0)?, x.take(places, high, 0)?);
    let (f, g) = (x.take(heights, low, 0)?, x.take(heights, high, 0)?);
    let (rise, run) = (x.map(MapOp::Subtract, &[g, f])?, x.map(MapOp::Subtract, &[b, a])?);
    let slope = x.map(MapOp::Divide, &[rise, run])?;
    let from = x.map(MapOp::Subtract, &[v, a])?;
    let inner = x.map(MapOp::Multiply, &[slope, from])?;
    let inner = x.map(MapOp::Add, &[inner, f])?;
    let (first, final_place) = (x.at(places, 0, Dim::Const(0))?, x.at(places, 0, Dim::Const(-1))?);
    let (left, right) = (x.at(heights, 0, Dim::Const(0))?, x.at(heights, 0, Dim::Const(-1))?);
    let (left, right) = (x.given(3).unwrap_or(left), x.given(4).unwrap_or(right));
    let exact = x.map(MapOp::Equal, &[v, a])?;
    let inner = x.choose(exact, f, inner)?;
    let below = x.map(MapOp::Less, &[v, first])?;
    let out = x.choose(below, left, inner)?;
    let above = x.map(MapOp::Greater, &[v, final_place])?;
    let height_end = x.map(MapOp::Equal, &[v, final_place])?;
    let last_height = x.at(heights, 0, Dim::Const(-1))?;
    let out = x.choose(height_end, last_height, out)?;
    x.choose(above, right, out)
}
