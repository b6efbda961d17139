//! Variances take one pass: a sum of squared deviations from the mean is a part of the moments of its operand.
//!
//! `sum((x - mean(x)) ** 2)` reads `x` twice: the mean must be complete before the first deviation. `moments` has count, sum
//! and squared deviations in one pass (of small parts, joined by Chan's formula; never a sum of squares minus the square of a sum). It takes the place
//! of both sums where they are over the same axes, however the program wrote them: `var`, `std`, `mean((x - mean(x)) ** 2)`,
//! `d * d`. Where the first axis is not among them each row has a sum and a `spread`, so that rows need not wait for each other. The mean keeps its bits. Runs after `cse`, so that one value is one value; deviations that something else reads stay.

use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, IndexItem, Inst, Op, Size, Value, ValueData};
use crate::ops::{MapOp, ReduceOp};
use crate::pass::{Changed, Pass};
use crate::types::Type;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "moments", about: "takes mean and squared deviations in one pass", run };

/// A sum of squared deviations.
struct Spread {
    x: Value,
    axes: Vec<i64>,
    /// The instruction that sums `x`.
    sum: usize,
    /// The instruction that sums the squares.
    squares: usize,
}

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    let mut at = 0;
    while at < func.insts.len() {
        if let Some(spread) = spread(func, at) {
            at = if spread.axes.contains(&0) { rewrite(func, &spread) } else { spread_rows(func, &spread) };
            changed = true;
        }
        at += 1;
    }
    Changed::of(changed)
}

/// Whether instruction `at` sums the squares of deviations from the mean along the same axes.
fn spread(func: &Func, at: usize) -> Option<Spread> {
    let (squares, axes) = sum(&func.insts[at])?;
    let deviation = match func.def(squares)? {
        Inst { op: Op::Map(MapOp::Square), args, .. } => args[0],
        Inst { op: Op::Map(MapOp::Multiply), args, .. } if args[0] == args[1] => args[0],
        _ => return None,
    };
    let Inst { op: Op::Map(MapOp::Subtract), args, .. } = func.def(deviation)? else { return None };
    let (x, ty) = (args[0], func.ty(args[0]));
    if !matches!(ty.dtype, DType::F32 | DType::F64) || axes.is_empty() || func.ty(deviation).shape != ty.shape {
        return None;
    }
    let (mean, items) = match func.def(args[1]) {
        Some(Inst { op: Op::Index { items }, args, .. }) => (args[0], &items[..]),
        Some(_) | None => (args[1], &[][..]),
    };
    let Inst { op: Op::Map(MapOp::Divide), args, .. } = func.def(mean)? else { return None };
    let total = func.insts[..at].iter().position(|i| i.results.contains(&args[0]))?;
    let (summed, along) = sum(&func.insts[total])?;
    let keepdims = func.ty(mean).rank() == ty.rank();
    let fits = summed == x && along == axes && is_count(func, args[1], &axes, ty) && lies(&axes, keepdims, items, ty.rank()?);
    fits.then_some(Spread { x, axes, sum: total, squares: at })
}

/// Operand and axes of a sum.
fn sum(inst: &Inst) -> Option<(Value, Vec<i64>)> {
    let Op::Reduce { op: ReduceOp::Sum, axes: Some(axes), .. } = &inst.op else { return None };
    Some((inst.args[0], axes.clone()))
}

/// Whether `v` is the number of elements that the sum took.
fn is_count(func: &Func, v: Value, axes: &[i64], x: &Type) -> bool {
    let v = match func.def(v) {
        Some(Inst { op: Op::Cast(_), args, .. }) => args[0],
        Some(_) | None => v,
    };
    let Some(dims) = x.dims() else { return false };
    let count = axes.iter().fold(Dim::Const(1), |n, a| n.mul(&dims[*a as usize]));
    matches!(func.def(v), Some(Inst { op: Op::Dim(d), .. }) if *d == count)
}

/// Whether the mean, seen through a view, lies so that every row meets its own mean.
fn lies(axes: &[i64], keepdims: bool, items: &[IndexItem], rank: usize) -> bool {
    let reduced = |a: usize| axes.contains(&(a as i64));
    // Axes of the mean: which axis of the operand each is, none for one of size 1.
    let own: Vec<Option<usize>> =
        (0..rank).filter(|a| keepdims || !reduced(*a)).map(|a| Some(a).filter(|a| !reduced(*a))).collect();
    let mut rest = own.into_iter();
    let mut seen = Vec::new();
    for item in items {
        match item {
            IndexItem::NewAxis => seen.push(None),
            IndexItem::Slice { start: None, stop: None, step: 1 } => seen.extend(rest.next()),
            IndexItem::Slice { .. } | IndexItem::At(_) | IndexItem::Ellipsis => return false,
        }
    }
    seen.extend(rest);
    let Some(lead) = rank.checked_sub(seen.len()) else { return false };
    (0..rank).all(|a| match a.checked_sub(lead) {
        Some(i) => seen[i] == Some(a).filter(|a| !reduced(*a)),
        None => reduced(a),
    })
}

/// The squared deviations where the sum of squares stands, if every row has its own: rows go their own way in a panel, and the sum under
/// their mean stays.
fn spread_rows(func: &mut Func, spread: &Spread) -> usize {
    let inst = &mut func.insts[spread.squares];
    if let Op::Reduce { op, .. } = &mut inst.op {
        *op = ReduceOp::Spread;
    }
    inst.args = vec![spread.x];
    spread.squares
}

/// The moments before the first sum, and both sums as rows of them. Where the second sum stands now.
fn rewrite(func: &mut Func, spread: &Spread) -> usize {
    let Spread { x, axes, sum, squares } = spread;
    let (ty, loc) = (func.ty(*x).clone(), func.data(func.insts[*squares].results[0]).loc);
    let dims = ty.dims().unwrap_or_default();
    let reduced = |a: &usize| axes.contains(&(*a as i64));
    let kept = (0..dims.len()).filter(|a| !reduced(a)).map(|a| dims[a].clone());
    let made = Type::array(ty.dtype, std::iter::once(Dim::Const(3)).chain(kept).collect());
    let moments = func.value(ValueData { name: None, ty: Some(made), loc });
    for (row, inst) in [(1, *sum), (2, *squares)] {
        let keepdims = matches!(func.insts[inst].op, Op::Reduce { keepdims: true, .. });
        let mut items = vec![IndexItem::At(Size::Dim(Dim::Const(row)))];
        for a in 0..dims.len() {
            match (reduced(&a), keepdims) {
                (false, _) => items.push(IndexItem::Slice { start: None, stop: None, step: 1 }),
                (true, true) => items.push(IndexItem::NewAxis),
                (true, false) => {}
            }
        }
        func.insts[inst].op = Op::Index { items };
        func.insts[inst].args = vec![moments];
    }
    let op = Op::Reduce { op: ReduceOp::Moments, axes: Some(axes.clone()), keepdims: false };
    func.insts.insert(*sum, Inst { op, args: vec![*x], results: vec![moments] });
    squares + 1
}
