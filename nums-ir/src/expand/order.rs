//! Orders: sorting and positions of extremes, searching, sets.

use super::{Expand, Expansion, Made, One, one, select};
use crate::data::DataOp;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Scalar, Size, Value};
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "sort", write: |x| sort(x, false).map(one) },
    Expansion { name: "argsort", write: |x| sort(x, true).map(one) },
    Expansion { name: "partition", write: |x| partition(x, false).map(one) },
    Expansion { name: "argpartition", write: |x| partition(x, true).map(one) },
    Expansion { name: "topk", write: top },
    Expansion { name: "lexsort", write: |x| lexsort(x).map(one) },
    Expansion { name: "argmax", write: |x| arg(x, ReduceOp::Max, false).map(one) },
    Expansion { name: "argmin", write: |x| arg(x, ReduceOp::Min, false).map(one) },
    Expansion { name: "nanargmax", write: |x| arg(x, ReduceOp::Max, true).map(one) },
    Expansion { name: "nanargmin", write: |x| arg(x, ReduceOp::Min, true).map(one) },
    Expansion { name: "searchsorted", write: |x| search(x).map(one) },
    Expansion { name: "isin", write: |x| is_in(x).map(one) },
    Expansion { name: "unique", write: unique },
    Expansion {
        name: "unique_values",
        write: |x| {
            let v = x.ravel(x.arg(0))?;
            Ok(vec![distinct(x, v, Wanted { nan_differ: true, ..Wanted::default() })?.values])
        },
    },
    Expansion {
        name: "unique_counts",
        write: |x| {
            let v = x.ravel(x.arg(0))?;
            let u = distinct(x, v, Wanted { counts: true, nan_differ: true, ..Wanted::default() })?;
            Ok(vec![u.values].into_iter().chain(u.counts).collect())
        },
    },
    Expansion {
        name: "unique_inverse",
        write: |x| {
            let v = x.ravel(x.arg(0))?;
            let u = distinct(x, v, Wanted { inverse: true, nan_differ: true, ..Wanted::default() })?;
            let inverse = shaped(x, u.inverse)?;
            Ok(vec![u.values].into_iter().chain(inverse).collect())
        },
    },
    Expansion { name: "unique_all", write: unique_all },
    Expansion { name: "union1d", write: |x| union(x).map(one) },
    Expansion { name: "intersect1d", write: |x| intersect(x).map(one) },
    Expansion { name: "setdiff1d", write: |x| difference(x).map(one) },
    Expansion { name: "setxor1d", write: |x| exclusive(x).map(one) },
];

/// The array and the axis of parameter `at`: the last where none is given, of the ravelled array where it is `None`.
fn along(x: &mut Expand<'_, '_>, at: usize) -> Result<(Value, usize), Diag> {
    let v = x.arg(0);
    let rank = x.rank(v);
    match x.attr(at) {
        // The rows give -1 for an axis that is left out.
        crate::attr::Attr::None => Ok((x.ravel(v)?, 0)),
        _ if rank == 0 => x.fail(format!("`{}` wants an array with at least one axis", x.name())),
        _ => Ok((v, x.axis_at(at, rank)?.unwrap_or(rank - 1))),
    }
}

/// NumPy's names of algorithms, which ask for no more than what a stable sort gives.
const KINDS: [&str; 4] = ["stable", "quicksort", "mergesort", "heapsort"];

fn sort(x: &mut Expand<'_, '_>, index: bool) -> One {
    let (v, axis) = along(x, 1)?;
    if let Some(kind) = x.word(3)?.filter(|kind| !KINDS.contains(kind)) {
        return x.fail(format!(
            "`kind` of `{}` is \"stable\", \"quicksort\", \"mergesort\" or \"heapsort\", not \"{kind}\"",
            x.name()
        ));
    }
    if !x.flag(2, false)? {
        return x.data(DataOp::Sort { axis, index }, &[v]);
    }
    if !index {
        let up = x.data(DataOp::Sort { axis, index }, &[v])?;
        return x.slice(up, axis, None, None, -1);
    }
    // A stable descending order: the reversed array sorted up, read from its end, with positions counted from the end.
    let back = x.slice(v, axis, None, None, -1)?;
    let up = x.data(DataOp::Sort { axis, index }, &[back])?;
    let down = x.slice(up, axis, None, None, -1)?;
    let last = x.dims(v)[axis].sub(&Dim::Const(1));
    let last = x.dim(&last)?;
    x.map(MapOp::Subtract, &[last, down])
}

fn partition(x: &mut Expand<'_, '_>, index: bool) -> One {
    let (v, axis) = along(x, 2)?;
    let n = x.dims(v)[axis].clone();
    let places = x.integers_at(1)?;
    for place in &places {
        x.inside(place, &n, axis).map_err(|mut diag| {
            diag.message = diag.message.replacen("index", "`kth`", 1);
            diag.help = diag.help.map(|help| help.replace("indices", "places").replace("element is `x[-1]`", "place is -1"));
            diag
        })?;
    }
    match places.as_slice() {
        [k] if !index && x.kind(v) < Kind::Complex => x.data(DataOp::Partition { axis, k: Size::Dim(k.clone()) }, &[v]),
        _ => x.data(DataOp::Sort { axis, index }, &[v]),
    }
}

/// The `k` largest and their positions, the largest first.
fn top(x: &mut Expand<'_, '_>) -> Made {
    let (v, axis) = along(x, 2)?;
    let k = x.sizes_at(1)?.swap_remove(0);
    let places = x.data(DataOp::Top { axis, k: Size::Dim(k) }, &[v])?;
    Ok(vec![select::along(x, v, places, axis)?, places])
}

/// The last key is the first to order by: stable sorts from the first key on.
fn lexsort(x: &mut Expand<'_, '_>) -> One {
    let mut keys = x.list(0);
    if let [one] = keys[..]
        && x.rank(one) == 2
    {
        let Some(n) = x.dims(one)[0].as_const() else {
            return x.fail("`lexsort` of a matrix wants a constant number of keys");
        };
        keys = (0..n).map(|i| x.at(one, 0, Dim::Const(i))).collect::<Result<_, _>>()?;
    }
    let Some((first, rest)) = keys.split_first() else { return x.fail("`lexsort` wants at least one key") };
    let axis = x.rank(*first).saturating_sub(1);
    let mut places = x.data(DataOp::Sort { axis, index: true }, &[*first])?;
    for key in rest {
        let turned = select::along(x, *key, places, axis)?;
        let next = x.data(DataOp::Sort { axis, index: true }, &[turned])?;
        places = select::along(x, places, next, axis)?;
    }
    Ok(places)
}

fn arg(x: &mut Expand<'_, '_>, op: ReduceOp, skip_nan: bool) -> One {
    let v = x.arg(0);
    let (rank, keepdims) = (x.rank(v), x.flag(2, false)?);
    let (mut v, axis) = match x.axis_at(1, rank)? {
        Some(axis) => (v, Some(axis)),
        None => (x.ravel(v)?, None),
    };
    if skip_nan && x.kind(v) >= Kind::Float {
        let nan = x.map(MapOp::IsNan, &[v])?;
        let worst = x.float(if op == ReduceOp::Max { f64::NEG_INFINITY } else { f64::INFINITY })?;
        v = x.choose(nan, worst, v)?;
    }
    let at = axis.unwrap_or(0);
    let best = x.data(DataOp::ArgBest { op, axis: at }, &[v])?;
    match (axis, keepdims) {
        (Some(_), true) => Ok(best),
        (Some(axis), false) => x.at(best, axis, Dim::Const(0)),
        (None, true) => x.reshape(best, &vec![Dim::Const(1); rank]),
        (None, false) => x.reshape(best, &[]),
    }
}

fn search(x: &mut Expand<'_, '_>) -> One {
    let right = match x.word(2)?.unwrap_or("left") {
        "left" => false,
        "right" => true,
        other => return x.fail(format!("`side` is \"left\" or \"right\", not \"{other}\"")),
    };
    if x.rank(x.arg(0)) != 1 {
        return x.fail(format!("`searchsorted` looks in an array with one axis, not {}", x.ty(x.arg(0))));
    }
    let (a, v) = select::common(x, x.arg(0), x.arg(1))?;
    x.data(DataOp::Search { right }, &[a, v])
}

/// Whether each of `v` stands in the sorted `set`.
fn member(x: &mut Expand<'_, '_>, v: Value, set: Value) -> One {
    let n = x.dims(set)[0].clone();
    let before = x.data(DataOp::Search { right: false }, &[set, v])?;
    let after = x.data(DataOp::Search { right: true }, &[set, v])?;
    let found = x.map(MapOp::Less, &[before, after])?;
    if n == Dim::Const(0) || x.kind(v) < Kind::Float {
        return Ok(found);
    }
    // NaN sorts as if it were equal, and is equal to nothing.
    let number = x.map(MapOp::Equal, &[v, v])?;
    x.map(MapOp::LogicalAnd, &[found, number])
}

fn is_in(x: &mut Expand<'_, '_>) -> One {
    let (v, set) = select::common(x, x.arg(0), x.arg(1))?;
    let set = x.ravel(set)?;
    let set = x.data(DataOp::Sort { axis: 0, index: false }, &[set])?;
    let found = member(x, v, set)?;
    if x.flag(2, false)? { x.map(MapOp::LogicalNot, &[found]) } else { Ok(found) }
}

/// What is wanted beside the distinct values.
#[derive(Clone, Copy, Default)]
struct Wanted {
    first: bool,
    inverse: bool,
    counts: bool,
    /// Every NaN is distinct, as the Array API has it.
    nan_differ: bool,
}

/// The distinct values of one axis, sorted, and what else is wanted.
struct Distinct {
    values: Value,
    first: Option<Value>,
    inverse: Option<Value>,
    counts: Option<Value>,
}

/// The distinct elements of a vector, or rows of a matrix.
fn distinct(x: &mut Expand<'_, '_>, v: Value, wanted: Wanted) -> Result<Distinct, Diag> {
    let n = x.dims(v)[0].clone();
    let rows = x.rank(v) == 2;
    let order = match (rows, wanted.first || wanted.inverse) {
        (true, _) => Some(row_order(x, v)?),
        (false, true) => Some(x.data(DataOp::Sort { axis: 0, index: true }, &[v])?),
        (false, false) => None,
    };
    let sorted = match order {
        Some(order) => x.take(v, order, 0)?,
        None => x.data(DataOp::Sort { axis: 0, index: false }, &[v])?,
    };
    // Where a new value begins: at the first, and where it differs from the one before.
    let upper = x.slice(sorted, 0, Some(Dim::Const(1)), None, 1)?;
    let lower = x.slice(sorted, 0, None, Some(Dim::Const(-1)), 1)?;
    let mut differ = x.map(MapOp::NotEqual, &[upper, lower])?;
    if x.kind(v) >= Kind::Float && !wanted.nan_differ && !rows {
        let nan = x.map(MapOp::IsNan, &[lower])?;
        let number = x.map(MapOp::LogicalNot, &[nan])?;
        differ = x.map(MapOp::LogicalAnd, &[differ, number])?;
    }
    if rows {
        differ = x.reduce(ReduceOp::Any, differ, &[1], false)?;
    }
    let yes = x.number(Scalar::Bool(true))?;
    let first = x.full(&[n.smaller(&Dim::Const(1))], yes, DType::Bool)?;
    let begins = x.concatenate(&[first, differ], 0)?;
    let starts = x.positions(begins)?;
    let values = x.take(sorted, starts, 0)?;
    let counts = if wanted.counts {
        let end = x.dim(&n)?;
        let end = x.full(&[Dim::Const(1)], end, DType::I64)?;
        let ends = x.slice(starts, 0, Some(Dim::Const(1)), None, 1)?;
        let ends = x.concatenate(&[ends, end], 0)?;
        // Of nothing there is nothing to count.
        let ends = x.slice(ends, 0, None, Some(x.dims(starts)[0].clone()), 1)?;
        Some(x.map(MapOp::Subtract, &[ends, starts])?)
    } else {
        None
    };
    let first = match (wanted.first, order) {
        (true, Some(order)) => Some(x.take(order, starts, 0)?),
        _ => None,
    };
    let inverse = match (wanted.inverse, order) {
        (true, Some(order)) => {
            let begins = x.cast(begins, DType::I64)?;
            let number = x.data(DataOp::Scan { op: ReduceOp::Sum, axis: 0 }, &[begins])?;
            let one = x.int(1)?;
            let number = x.map(MapOp::Subtract, &[number, one])?;
            let zero = x.int(0)?;
            let empty = x.full(std::slice::from_ref(&n), zero, DType::I64)?;
            Some(x.data(DataOp::Put { axis: 0, count: 1, add: false }, &[empty, number, order])?)
        }
        _ => None,
    };
    Ok(Distinct { values, first, inverse, counts })
}

/// The order of a matrix's rows by their first elements, then the next ones: stable sorts from the last column on.
fn row_order(x: &mut Expand<'_, '_>, v: Value) -> One {
    let Some(columns) = x.dims(v)[1].as_const() else {
        return Err(Diag::new(x.loc, format!("`unique` along an axis wants the other sizes constant: {}", x.ty(v)))
            .help("declare them, `f64[n, 3]`, or write it in the expression form"));
    };
    let mut order = x.arange(&x.dims(v)[0].clone())?;
    for column in (0..columns).rev() {
        let keys = x.at(v, 1, Dim::Const(column))?;
        let keys = x.take(keys, order, 0)?;
        let next = x.data(DataOp::Sort { axis: 0, index: true }, &[keys])?;
        order = x.take(order, next, 0)?;
    }
    Ok(order)
}

/// Distinct slices along an axis, which come back on that axis.
fn unique_slices(x: &mut Expand<'_, '_>, axis: usize, wanted: Wanted) -> Made {
    let front = super::shape::moved(x, x.arg(0), axis, 0)?;
    let dims = x.dims(front);
    let width = x.product(&dims[1..]);
    let flat = x.reshape(front, &[dims[0].clone(), width])?;
    let u = distinct(x, flat, wanted)?;
    let n = x.dims(u.values)[0].clone();
    let values = x.reshape(u.values, &[&[n], &dims[1..]].concat())?;
    let values = super::shape::moved(x, values, 0, axis)?;
    Ok([Some(values), u.first, u.inverse, u.counts].into_iter().flatten().collect())
}

/// The inverse under the shape of the array.
fn shaped(x: &mut Expand<'_, '_>, inverse: Option<Value>) -> Result<Option<Value>, Diag> {
    let dims = x.dims(x.arg(0));
    inverse.map(|v| x.reshape(v, &dims)).transpose()
}

fn unique(x: &mut Expand<'_, '_>) -> Made {
    let wanted =
        Wanted { first: x.flag(1, false)?, inverse: x.flag(2, false)?, counts: x.flag(3, false)?, nan_differ: !x.flag(5, true)? };
    let rank = x.rank(x.arg(0));
    if let Some(axis) = x.axis_at(4, rank)?
        && rank > 1
    {
        return unique_slices(x, axis, wanted);
    }
    let v = x.ravel(x.arg(0))?;
    let u = distinct(x, v, wanted)?;
    let inverse = shaped(x, u.inverse)?;
    Ok([Some(u.values), u.first, inverse, u.counts].into_iter().flatten().collect())
}

fn unique_all(x: &mut Expand<'_, '_>) -> Made {
    let v = x.ravel(x.arg(0))?;
    let u = distinct(x, v, Wanted { first: true, inverse: true, counts: true, nan_differ: true })?;
    let inverse = shaped(x, u.inverse)?;
    Ok([Some(u.values), u.first, inverse, u.counts].into_iter().flatten().collect())
}

/// Both operands' elements in one axis.
fn pooled(x: &mut Expand<'_, '_>) -> Result<(Value, Value), Diag> {
    let (a, b) = select::common(x, x.arg(0), x.arg(1))?;
    Ok((x.ravel(a)?, x.ravel(b)?))
}

fn union(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = pooled(x)?;
    let all = x.concatenate(&[a, b], 0)?;
    Ok(distinct(x, all, Wanted::default())?.values)
}

/// The distinct values of `a` that are, or are not, in `b`, which has its dtype.
fn filtered(x: &mut Expand<'_, '_>, a: Value, b: Value, inside: bool) -> One {
    let values = distinct(x, a, Wanted::default())?.values;
    let set = x.data(DataOp::Sort { axis: 0, index: false }, &[b])?;
    let mut keep = member(x, values, set)?;
    if !inside {
        keep = x.map(MapOp::LogicalNot, &[keep])?;
    }
    let places = x.positions(keep)?;
    x.take(values, places, 0)
}

fn intersect(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = pooled(x)?;
    filtered(x, a, b, true)
}

/// The values keep the dtype of the first array; they are compared in the common one.
fn difference(x: &mut Expand<'_, '_>) -> One {
    let v = x.ravel(x.arg(0))?;
    let values = distinct(x, v, Wanted::default())?.values;
    let (wide, b) = select::common(x, values, x.arg(1))?;
    let b = x.ravel(b)?;
    let set = x.data(DataOp::Sort { axis: 0, index: false }, &[b])?;
    let found = member(x, wide, set)?;
    let keep = x.map(MapOp::LogicalNot, &[found])?;
    let places = x.positions(keep)?;
    x.take(values, places, 0)
}

fn exclusive(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = pooled(x)?;
    let (p, q) = (filtered(x, a, b, false)?, filtered(x, b, a, false)?);
    let all = x.concatenate(&[p, q], 0)?;
    x.data(DataOp::Sort { axis: 0, index: false }, &[all])
}
