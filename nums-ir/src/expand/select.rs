//! Selection by positions and masks: indexing with arrays, assignment as a new version, take and put, diagonals.
//!
//! An index with arrays is NumPy's: integer arrays broadcast together and take the place of the first of them, unless a slice
//! stands between them, when their axes come first. A mask stands for the positions of its true elements, so its size is known
//! when the data is.

use super::{Expand, Expansion, Made, One, one, whole};
use crate::attr::Attr;
use crate::data::DataOp;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{IndexItem, Scalar, Size, Value};
use crate::ops::MapOp;

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "getitem", write: |x| get_item(x).map(one) },
    Expansion { name: "setitem", write: |x| set_item(x).map(one) },
    Expansion { name: "take", write: |x| take(x).map(one) },
    Expansion { name: "take_along_axis", write: |x| take_along(x).map(one) },
    Expansion { name: "put_along_axis", write: |x| put_along(x).map(one) },
    Expansion { name: "compress", write: |x| compress(x).map(one) },
    Expansion { name: "extract", write: |x| extract(x).map(one) },
    Expansion { name: "nonzero", write: nonzero },
    Expansion {
        name: "flatnonzero",
        write: |x| {
            let m = truth(x, x.arg(0))?;
            x.positions(m).map(one)
        },
    },
    Expansion { name: "argwhere", write: |x| argwhere(x).map(one) },
    Expansion { name: "diagonal", write: |x| diagonal(x).map(one) },
    Expansion { name: "diag", write: |x| diag(x).map(one) },
    Expansion {
        name: "diagflat",
        write: |x| {
            let v = x.ravel(x.arg(0))?;
            let k = x.integer(1)?.unwrap_or(0);
            matrix_of(x, v, k).map(one)
        },
    },
    Expansion { name: "trace", write: |x| trace(x).map(one) },
    Expansion { name: "select", write: |x| select(x).map(one) },
];

fn truth(x: &mut Expand<'_, '_>, v: Value) -> One {
    let v = x.cast(v, DType::Bool)?;
    if x.rank(v) == 0 { x.reshape(v, &[Dim::Const(1)]) } else { Ok(v) }
}

/// Two arrays in one dtype.
pub(super) fn common(x: &mut Expand<'_, '_>, a: Value, b: Value) -> Result<(Value, Value), Diag> {
    let dtype = match (x.ty(a).weak, x.ty(b).weak) {
        (false, true) => x.dtype(a).promote_weak(x.kind(b)),
        (true, false) => x.dtype(b).promote_weak(x.kind(a)),
        _ => x.dtype(a).promote(x.dtype(b)),
    };
    Ok((x.cast(a, dtype)?, x.cast(b, dtype)?))
}

/// What an item of an index does to its axes.
enum Part {
    /// Positions along the next axis.
    Places(Value),
    /// A basic item.
    Basic(IndexItem),
}

/// The items between the brackets: masks as positions, an ellipsis as slices. `axes` is the array's number of axes.
fn parts(x: &mut Expand<'_, '_>, v: Value, from: usize) -> Result<Vec<Part>, Diag> {
    let items = match x.attr(from).clone() {
        Attr::List(items) => items,
        attr => vec![attr],
    };
    let rank = x.rank(v);
    let dims = x.dims(v);
    // How many axes each item uses.
    let width = |x: &Expand<'_, '_>, item: &Attr| match item {
        Attr::Arg(i) if x.kind(x.args[*i]) == Kind::Bool => x.rank(x.args[*i]),
        Attr::None | Attr::Str(_) => 0,
        _ => 1,
    };
    let used: usize = items.iter().map(|i| width(x, i)).sum();
    if used > rank {
        let (axes, used) = (crate::infer::count(rank, "axis", "axes"), crate::infer::are(used));
        return x.fail(format!("too many indices: {} has {axes}, {used} indexed", x.ty(v)));
    }
    let mut out = Vec::new();
    let mut axis = 0;
    for item in &items {
        match item {
            Attr::None => out.push(Part::Basic(IndexItem::NewAxis)),
            Attr::Str(_) => {
                for _ in used..rank {
                    out.push(Part::Basic(whole()));
                    axis += 1;
                }
            }
            Attr::Int(i) => {
                x.inside(&Dim::Const(*i), &dims[axis], axis)?;
                out.push(Part::Basic(IndexItem::At(Size::Dim(Dim::Const(*i)))));
                axis += 1;
            }
            Attr::Size(size) => {
                if let Size::Dim(i) = size {
                    x.inside(i, &dims[axis], axis)?;
                }
                out.push(Part::Basic(IndexItem::At(size.clone())));
                axis += 1;
            }
            Attr::List(bounds) => {
                let bound = |a: &Attr| match a {
                    Attr::None => Ok(None),
                    Attr::Int(i) => Ok(Some(Size::Dim(Dim::Const(*i)))),
                    Attr::Size(size) => Ok(Some(size.clone())),
                    _ => Err(Diag::new(x.loc, "a bound of a slice is an integer")),
                };
                let step = match bounds.get(2) {
                    Some(Attr::Int(step)) => *step,
                    _ => 1,
                };
                let (start, stop) = (bound(&bounds[0])?, bound(&bounds[1])?);
                out.push(Part::Basic(IndexItem::Slice { start, stop, step }));
                axis += 1;
            }
            Attr::Arg(i) => {
                let index = x.args[*i];
                if x.kind(index) == Kind::Bool {
                    for a in 0..x.rank(index) {
                        if !x.is_same(&x.dims(index)[a], &dims[axis + a]) {
                            let message = format!("the mask {} does not fit axis {} of {}", x.ty(index), axis + a, x.ty(v));
                            return Err(Diag::new(x.loc, message).note(format!(
                                "its size is {}, the mask's {}",
                                dims[axis + a],
                                x.dims(index)[a]
                            )));
                        }
                    }
                    axis += x.rank(index);
                    out.extend(nonzero_of(x, index)?.into_iter().map(Part::Places));
                } else if x.kind(index) == Kind::Int && x.rank(index) == 0 && x.infer.dim_of(index).is_some() {
                    let i = x.as_dim(index)?;
                    x.inside(&i, &dims[axis], axis)?;
                    out.push(Part::Basic(IndexItem::At(Size::Dim(i))));
                    axis += 1;
                } else if x.kind(index) == Kind::Int || x.dims(index) == [Dim::Const(0)] {
                    x.all_inside(index, &dims[axis], axis)?;
                    out.push(Part::Places(x.cast(index, DType::I64)?));
                    axis += 1;
                } else {
                    return Err(Diag::new(
                        x.loc,
                        format!("an index is an integer, a boolean or an array of these, not {}", x.ty(index)),
                    ));
                }
            }
            Attr::Bool(_) | Attr::Float(_) | Attr::DType(_) => {
                return Err(Diag::new(
                    x.loc,
                    "an index is an integer, a slice, `None`, `...`, or an array of integers or booleans",
                ));
            }
        }
    }
    Ok(out)
}

/// The positions of true elements, an array an axis.
fn nonzero_of(x: &mut Expand<'_, '_>, mask: Value) -> Made {
    let dims = x.dims(mask);
    let mut rest = x.positions(mask)?;
    let mut out = Vec::new();
    for d in dims.iter().skip(1).rev() {
        let n = x.dim(d)?;
        out.insert(0, x.map(MapOp::Remainder, &[rest, n])?);
        rest = x.map(MapOp::FloorDivide, &[rest, n])?;
    }
    out.insert(0, rest);
    Ok(out)
}

/// An index with arrays, brought into order: the basic view, then which of its axes are indexed, by what, and where the
/// result's axes go.
struct Plan {
    view: Vec<IndexItem>,
    /// Order of the view's axes that brings the indexed ones together at `axis`.
    perm: Vec<usize>,
    axis: usize,
    places: Vec<Value>,
}

/// Integers beside arrays are arrays too, as in NumPy.
fn plan(x: &mut Expand<'_, '_>, parts: Vec<Part>) -> Result<Plan, Diag> {
    let fancy = parts.iter().any(|p| matches!(p, Part::Places(_)));
    let mut view = Vec::new();
    let (mut places, mut indexed, mut axis) = (Vec::new(), Vec::new(), 0);
    // Where in the index the arrays stand: side by side, or with a slice between them.
    let mut spots = Vec::new();
    for (spot, part) in parts.into_iter().enumerate() {
        match part {
            Part::Places(v) => {
                view.push(whole());
                places.push(v);
                indexed.push(axis);
                spots.push(spot);
                axis += 1;
            }
            Part::Basic(IndexItem::At(Size::Dim(d))) if fancy => {
                view.push(whole());
                let i = x.dim(&d)?;
                places.push(x.cast(i, DType::I64)?);
                indexed.push(axis);
                spots.push(spot);
                axis += 1;
            }
            Part::Basic(item) => {
                axis += usize::from(!matches!(item, IndexItem::At(_)));
                view.push(item);
            }
        }
    }
    let adjacent = spots.windows(2).all(|w| w[1] == w[0] + 1);
    let at = if adjacent { indexed.first().copied().unwrap_or(0) } else { 0 };
    Ok(Plan { view, perm: indexed, axis: at, places })
}

/// The order that brings `indexed` together at `axis`.
fn order(rank: usize, indexed: &[usize], axis: usize) -> Vec<usize> {
    let mut perm: Vec<usize> = (0..rank).filter(|a| !indexed.contains(a)).collect();
    perm.splice(axis..axis, indexed.iter().copied());
    perm
}

fn get_item(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let parts = parts(x, v, 1)?;
    let plan = plan(x, parts)?;
    let basic = plan.view.iter().all(|i| *i == whole());
    let v = if basic { v } else { x.index(v, plan.view)? };
    if plan.places.is_empty() {
        return Ok(v);
    }
    let v = x.transpose(v, &order(x.rank(v), &plan.perm, plan.axis))?;
    let args: Vec<Value> = std::iter::once(v).chain(plan.places.iter().copied()).collect();
    x.data(DataOp::Take { axis: plan.axis, count: plan.places.len() }, &args)
}

/// `x[items] = value` as a new version of `x`; with `add` and its kin the operator's name in parameter 3.
fn set_item(x: &mut Expand<'_, '_>) -> One {
    let (v, given) = (x.arg(0), x.arg(1));
    // A mask of the whole array and one value: a choice, whatever the data.
    if let Attr::List(items) = x.attr(2)
        && let [Attr::Arg(i)] = items.as_slice()
        && x.kind(x.args[*i]) == Kind::Bool
        && x.rank(x.args[*i]) == x.rank(v)
        && x.rank(given) == 0
    {
        let mask = x.args[*i];
        let dims = x.dims(v);
        if x.dims(mask).iter().zip(&dims).any(|(a, b)| !x.is_same(a, b)) {
            let diag = Diag::new(x.loc, format!("the mask {} does not fit {}", x.ty(mask), x.ty(v)));
            return Err(
                diag.help("a mask has the sizes of the axes that it stands for: make it of the array itself, `x[x < 0] = 0`")
            );
        }
        let given = converted(x, given, v)?;
        return x.choose(mask, given, v);
    }
    let mut parts = parts(x, v, 2)?;
    let dims = x.dims(v);
    // Every axis up to the last one that is not whole becomes an indexed one: slices and integers as ranges of positions, each along
    // an axis of its own.
    while parts.len() > 1 && matches!(parts.last(), Some(Part::Basic(item)) if *item == whole()) {
        parts.pop();
    }
    let fancy = parts.iter().any(|p| matches!(p, Part::Places(_)));
    let mut lists: Vec<(Value, bool)> = Vec::new();
    let mut spots: Vec<bool> = Vec::new();
    let mut axis = 0;
    let mut new_axes = Vec::new();
    let mut out_rank = 0;
    for part in parts {
        match part {
            Part::Places(p) => {
                lists.push((p, true));
                spots.push(true);
                axis += 1;
            }
            Part::Basic(IndexItem::At(Size::Dim(d))) => {
                let i = x.dim(&d)?;
                lists.push((x.cast(i, DType::I64)?, true));
                spots.push(true);
                axis += 1;
            }
            Part::Basic(item @ IndexItem::Slice { .. }) => {
                let all = x.arange(&dims[axis])?;
                lists.push((x.index(all, vec![item])?, false));
                spots.push(false);
                axis += 1;
                out_rank += 1;
            }
            Part::Basic(IndexItem::NewAxis) => new_axes.push(out_rank),
            Part::Basic(IndexItem::At(Size::Value(_)) | IndexItem::Ellipsis) => return x.fail("an index is not resolved"),
        }
    }
    if !new_axes.is_empty() {
        return x.fail("`None` in the index of an assignment is not in nums yet");
    }
    if lists.is_empty() && !dims.is_empty() {
        let all = x.arange(&dims[0])?;
        lists.push((all, false));
        spots.push(false);
    }
    let common = lists.iter().filter(|(_, fancy)| *fancy).map(|(p, _)| x.rank(*p)).max().unwrap_or(0);
    // Where the arrays' axes stand among the sliced ones.
    let first = spots.iter().position(|s| *s).unwrap_or(0);
    let adjacent = {
        let last = spots.iter().rposition(|s| *s).unwrap_or(0);
        !fancy || spots[first..=last].iter().all(|s| *s)
    };
    let before = if adjacent { spots[..first].iter().filter(|s| !**s).count() } else { 0 };
    let slices = lists.iter().filter(|(_, fancy)| !fancy).count();
    let rank = slices + common;
    let mut seen = 0;
    let mut places = Vec::new();
    for (list, fancy) in &lists {
        let own = x.dims(*list);
        let mut shape = vec![Dim::Const(1); rank];
        if *fancy {
            let lead = before + common - own.len();
            shape[lead..lead + own.len()].clone_from_slice(&own);
        } else {
            let at = if seen < before { seen } else { seen + common };
            shape[at] = own[0].clone();
            seen += 1;
        }
        places.push(x.reshape(*list, &shape)?);
    }
    if dims.is_empty() {
        let given = converted(x, given, v)?;
        return x.reshape(given, &[]);
    }
    let given = converted(x, given, v)?;
    let count = places.len();
    let args: Vec<Value> = [v, given].into_iter().chain(places).collect();
    x.data(DataOp::Put { axis: 0, count, add: false }, &args)
}

/// A value in the dtype of the array that it is put into: as `astype`, but complex numbers do not become real.
fn converted(x: &mut Expand<'_, '_>, given: Value, into: Value) -> One {
    if x.kind(given) == Kind::Complex && x.kind(into) != Kind::Complex {
        let diag = Diag::new(x.loc, format!("complex numbers cannot be put into {}", x.ty(into)));
        return Err(diag.help("take the real part, `.real`, or make the array complex first, `x = x.astype(c128);`"));
    }
    let dtype = x.dtype(into);
    x.fits(given, dtype)?;
    x.cast(given, dtype)
}

fn take(x: &mut Expand<'_, '_>) -> One {
    let rank = x.rank(x.arg(0));
    let (v, axis) = match x.axis_at(2, rank)? {
        Some(axis) => (x.arg(0), axis),
        None => (x.ravel(x.arg(0))?, 0),
    };
    let index = x.arg(1);
    if x.kind(index) != Kind::Int {
        return x.fail(format!("positions of `take` are integers, not {}", x.ty(index)));
    }
    let index = match x.word(3)?.unwrap_or("raise") {
        "raise" => {
            let ravelled = |mut diag: Diag| {
                if x.attr(2) == &Attr::None && rank != 1 {
                    diag.message = diag.message.replace("axis 0 with size", "the ravelled array of size");
                }
                diag
            };
            x.all_inside(index, &x.dims(v)[axis], axis).map_err(ravelled)?;
            index
        }
        "wrap" => {
            let n = x.dims(v)[axis].clone();
            let n = x.dim(&n)?;
            x.map(MapOp::Remainder, &[index, n])?
        }
        "clip" => {
            let n = x.dims(v)[axis].sub(&Dim::Const(1));
            let (zero, n) = (x.int(0)?, x.dim(&n)?);
            let index = x.map(MapOp::Maximum, &[index, zero])?;
            x.map(MapOp::Minimum, &[index, n])?
        }
        other => return x.fail(format!("the mode of `take` is \"raise\", \"wrap\" or \"clip\", not \"{other}\"")),
    };
    x.take(v, index, axis)
}

/// `v` at a position along `axis` for every place of the other axes.
pub(super) fn along(x: &mut Expand<'_, '_>, v: Value, index: Value, axis: usize) -> One {
    let (rank, dims) = (x.rank(v), x.dims(v));
    let args = places_along(x, index, axis, rank, &dims)?;
    let args: Vec<Value> = std::iter::once(v).chain(args).collect();
    x.data(DataOp::Take { axis: 0, count: rank }, &args)
}

fn places_along(x: &mut Expand<'_, '_>, index: Value, axis: usize, rank: usize, dims: &[Dim]) -> Made {
    if x.rank(index) != rank || x.kind(index) != Kind::Int {
        return x.fail(format!("`{}` wants integers with {rank} axes, not {}", x.name(), x.ty(index)));
    }
    x.all_inside(index, &dims[axis], axis)?;
    let own = x.dims(index);
    let mut places = Vec::new();
    for a in 0..rank {
        if a == axis {
            places.push(x.cast(index, DType::I64)?);
            continue;
        }
        // An index of size 1 stretches over the array, an array of size 1 over the index.
        let n = if own[a] == Dim::Const(1) { &dims[a] } else { &own[a] };
        if own[a] != Dim::Const(1) && dims[a] != Dim::Const(1) && !x.is_same(&own[a], &dims[a]) {
            return x.fail(format!("axis {a} of the positions has size {}, of the array {}", own[a], dims[a]));
        }
        let all = if dims[a] == Dim::Const(1) {
            let zero = x.int(0)?;
            x.full(std::slice::from_ref(n), zero, DType::I64)?
        } else {
            x.arange(n)?
        };
        let mut shape = vec![Dim::Const(1); rank];
        shape[a] = n.clone();
        places.push(x.reshape(all, &shape)?);
    }
    Ok(places)
}

fn take_along(x: &mut Expand<'_, '_>) -> One {
    let (v, index) = (x.arg(0), x.arg(1));
    match x.axis_at(2, x.rank(v))? {
        Some(axis) => along(x, v, index, axis),
        None => {
            let v = x.ravel(v)?;
            along(x, v, index, 0)
        }
    }
}

/// A new version of the array: NumPy's changes it in place.
fn put_along(x: &mut Expand<'_, '_>) -> One {
    let (v, index, given) = (x.arg(0), x.arg(1), x.arg(2));
    let rank = x.rank(v);
    let Some(axis) = x.axis_at(3, rank)? else { return x.fail("`put_along_axis` wants `axis=`") };
    let dims = x.dims(v);
    let places = places_along(x, index, axis, rank, &dims)?;
    let given = converted(x, given, v)?;
    let args: Vec<Value> = [v, given].into_iter().chain(places).collect();
    x.data(DataOp::Put { axis: 0, count: rank, add: false }, &args)
}

fn compress(x: &mut Expand<'_, '_>) -> One {
    let mask = truth(x, x.arg(0))?;
    let rank = x.rank(x.arg(1));
    let (v, axis) = match x.axis_at(2, rank)? {
        Some(axis) => (x.arg(1), axis),
        None => (x.ravel(x.arg(1))?, 0),
    };
    let places = x.positions(mask)?;
    x.take(v, places, axis)
}

fn extract(x: &mut Expand<'_, '_>) -> One {
    let mask = truth(x, x.arg(0))?;
    let (places, v) = (x.positions(mask)?, x.ravel(x.arg(1))?);
    x.take(v, places, 0)
}

fn nonzero(x: &mut Expand<'_, '_>) -> Made {
    let mask = truth(x, x.arg(0))?;
    let all = nonzero_of(x, mask)?;
    // Unpacked: as many names as there are arrays.
    if let Some(names) = x.integer(2)?
        && names != all.len() as i64
    {
        let arrays = crate::infer::count(all.len(), "array", "arrays");
        return x.fail(format!("{names} names for the {arrays} of `nonzero`, one an axis"));
    }
    match x.integer(1)? {
        // One of the arrays, `nonzero(x)[i]`.
        Some(i) => {
            let n = all.len() as i64;
            let at = if i < 0 { i + n } else { i };
            match usize::try_from(at).ok().and_then(|at| all.get(at)) {
                Some(places) => Ok(vec![*places]),
                None => {
                    let arrays = crate::infer::count(all.len(), "array", "arrays");
                    x.fail(format!("`nonzero` gives {arrays} here, one an axis: there is no number {i}"))
                }
            }
        }
        None => Ok(all),
    }
}

fn argwhere(x: &mut Expand<'_, '_>) -> One {
    let mask = truth(x, x.arg(0))?;
    let all = nonzero_of(x, mask)?;
    let columns = all.iter().map(|v| x.unsqueeze(*v, 1)).collect::<Result<Vec<_>, _>>()?;
    x.concatenate(&columns, 1)
}

/// The `k`-th diagonal of two axes, as the last axis.
pub(super) fn diagonal_of(x: &mut Expand<'_, '_>, v: Value, k: i64, a: usize, b: usize) -> One {
    let dims = x.dims(v);
    let (rows, cols) = (dims[a].clone(), dims[b].clone());
    let (down, right) = if k < 0 { (-k, 0) } else { (0, k) };
    let left = |d: &Dim, k: i64| d.sub(&Dim::Const(k));
    let n = left(&rows, down).smaller(&left(&cols, right)).larger(&Dim::Const(0));
    let n = if rows == cols { left(&rows, k.abs()).larger(&Dim::Const(0)) } else { n };
    let i = x.arange(&n)?;
    let (down, right) = (x.int(down)?, x.int(right)?);
    let (row, col) = (x.map(MapOp::Add, &[i, down])?, x.map(MapOp::Add, &[i, right])?);
    let mut perm: Vec<usize> = (0..dims.len()).filter(|c| *c != a && *c != b).collect();
    perm.extend([a, b]);
    let v = x.transpose(v, &perm)?;
    x.data(DataOp::Take { axis: dims.len() - 2, count: 2 }, &[v, row, col])
}

fn diagonal(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let rank = x.rank(v);
    if rank < 2 {
        return x.fail(format!("a diagonal wants at least 2 axes: {}", x.ty(v)));
    }
    let (a, b) = (x.axis_at(2, rank)?.unwrap_or(0), x.axis_at(3, rank)?.unwrap_or(1));
    if a == b {
        return x.fail("the two axes of a diagonal are different");
    }
    diagonal_of(x, v, x.integer(1)?.unwrap_or(0), a, b)
}

/// A matrix with `v` on its `k`-th diagonal.
fn matrix_of(x: &mut Expand<'_, '_>, v: Value, k: i64) -> One {
    let n = x.dims(v)[0].clone();
    let size = n.add(&Dim::Const(k.abs()));
    let (down, right) = if k < 0 { (-k, 0) } else { (0, k) };
    let i = x.arange(&n)?;
    let (down, right) = (x.int(down)?, x.int(right)?);
    let (row, col) = (x.map(MapOp::Add, &[i, down])?, x.map(MapOp::Add, &[i, right])?);
    let zero = x.number(Scalar::Int(0))?;
    let empty = x.full(&[size.clone(), size], zero, x.dtype(v))?;
    x.data(DataOp::Put { axis: 0, count: 2, add: false }, &[empty, v, row, col])
}

fn diag(x: &mut Expand<'_, '_>) -> One {
    let (v, k) = (x.arg(0), x.integer(1)?.unwrap_or(0));
    match x.rank(v) {
        1 => matrix_of(x, v, k),
        2 => diagonal_of(x, v, k, 0, 1),
        n => x.fail(format!("`diag` takes 1 or 2 axes, not {n}")),
    }
}

fn trace(x: &mut Expand<'_, '_>) -> One {
    let d = diagonal(x)?;
    let last = x.rank(d) - 1;
    x.reduce(crate::ops::ReduceOp::Sum, d, &[last], false)
}

/// The first choice whose condition holds; the default where none does.
fn select(x: &mut Expand<'_, '_>) -> One {
    let (conditions, choices) = (x.list(0), x.list(1));
    if conditions.len() != choices.len() || choices.is_empty() {
        return x.fail("`select` wants as many choices as conditions, at least one");
    }
    if let Some(c) = conditions.iter().find(|c| x.kind(**c) != Kind::Bool) {
        return x.fail(format!("the conditions of `select` must be booleans, found {}", x.ty(*c)));
    }
    let mut out = match x.given(2) {
        Some(v) => v,
        None => x.int(0)?,
    };
    for (c, v) in conditions.iter().zip(&choices).rev() {
        out = x.choose(*c, *v, out)?;
    }
    Ok(out)
}
