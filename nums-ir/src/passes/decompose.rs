//! `mean(x) = sum(x) / count`, so that only reductions with a combining operator remain; and a reduction that keeps its axes is a
//! view of one that does not, so that `x.mean(axis=0)` and `x.mean(axis=0, keepdims=True)` are one sum, and what is made of
//! either can meet in one kernel. Runs first.

use crate::dim::Dim;
use crate::dtype::Kind;
use crate::func::{Func, IndexItem, Inst, Op, ValueData};
use crate::ops::{MapOp, ReduceOp};
use crate::pass::{Changed, Pass};
use crate::types::Type;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "decompose", about: "writes a mean as a sum divided by a count, kept axes as a view", run };

fn run(func: &mut Func) -> Changed {
    let insts = std::mem::take(&mut func.insts);
    let before = insts.len();
    for inst in insts {
        match inst.op {
            Op::Reduce { op, ref axes, keepdims: true } => kept(func, &inst, op, axes.as_deref()),
            Op::Reduce { op: ReduceOp::Mean, ref axes, keepdims: false } => mean(func, &inst, axes.clone().unwrap_or_default()),
            _ => func.insts.push(inst),
        }
    }
    Changed::of(func.insts.len() != before)
}

/// The reduction without the axes that it loses, and a view that has them.
fn kept(func: &mut Func, inst: &Inst, op: ReduceOp, axes: Option<&[i64]>) {
    let (x, result) = (inst.args[0], inst.results[0]);
    let (ty, loc) = (func.ty(result).clone(), func.data(result).loc);
    let dims = ty.dims().unwrap_or_default();
    let axes: Vec<i64> = axes.map_or_else(|| (0..dims.len() as i64).collect(), <[i64]>::to_vec);
    let lost = |a: usize| axes.contains(&(a as i64));
    let rest = (0..dims.len()).filter(|a| !lost(*a)).map(|a| dims[a].clone()).collect();
    let item = |a| if lost(a) { IndexItem::NewAxis } else { IndexItem::Slice { start: None, stop: None, step: 1 } };
    let items = (0..dims.len()).map(item).collect();
    let bare = func.value(ValueData { name: None, ty: Some(Type::array(ty.dtype, rest)), loc });
    let reduce = Op::Reduce { op, axes: Some(axes.clone()), keepdims: false };
    let inner = Inst { op: reduce, args: vec![x], results: vec![bare] };
    if op == ReduceOp::Mean {
        mean(func, &inner, axes)
    } else {
        func.insts.push(inner)
    }
    func.insts.push(Inst { op: Op::Index { items }, args: vec![bare], results: vec![result] });
}

fn mean(func: &mut Func, inst: &Inst, axes: Vec<i64>) {
    let (x, result) = (inst.args[0], inst.results[0]);
    let (ty, loc) = (func.ty(result).clone(), func.data(result).loc);
    let dims = func.ty(x).dims().unwrap_or_default();
    let count = axes.iter().fold(Dim::Const(1), |n, axis| n.mul(&dims[*axis as usize]));
    let sum = func.push_typed(Op::Reduce { op: ReduceOp::Sum, axes: Some(axes), keepdims: false }, &[x], ty.clone(), loc);
    let n = func.push_typed(Op::Dim(count), &[], Type::weak(Kind::Int), loc);
    let n = func.push_typed(Op::Cast(ty.dtype), &[n], Type::array(ty.dtype, vec![]), loc);
    let name = func.data(result).name.clone();
    func.values[result.0 as usize] = ValueData { name, ty: Some(ty), loc };
    func.insts.push(Inst { op: Op::Map(MapOp::Divide), args: vec![sum, n], results: vec![result] });
}
