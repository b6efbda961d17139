//! `mean(x) = sum(x) / count`, so that only reductions with a combining operator remain. Runs first.

use crate::dim::Dim;
use crate::dtype::Kind;
use crate::func::{Func, Inst, Op, ValueData};
use crate::ops::{MapOp, ReduceOp};
use crate::pass::{Changed, Pass};
use crate::types::Type;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "decompose", about: "writes a mean as a sum divided by a count", run };

fn run(func: &mut Func) -> Changed {
    let insts = std::mem::take(&mut func.insts);
    let before = insts.len();
    for inst in insts {
        match inst.op {
            Op::Reduce { op: ReduceOp::Mean, ref axes, keepdims } => {
                mean(func, &inst, axes.clone().unwrap_or_default(), keepdims)
            }
            _ => func.insts.push(inst),
        }
    }
    Changed::of(func.insts.len() != before)
}

fn mean(func: &mut Func, inst: &Inst, axes: Vec<i64>, keepdims: bool) {
    let (x, result) = (inst.args[0], inst.results[0]);
    let (ty, loc) = (func.ty(result).clone(), func.data(result).loc);
    let dims = func.ty(x).dims().unwrap_or_default();
    let count = axes.iter().fold(Dim::Const(1), |n, axis| n.mul(&dims[*axis as usize]));
    let sum = func.push_typed(Op::Reduce { op: ReduceOp::Sum, axes: Some(axes), keepdims }, &[x], ty.clone(), loc);
    let n = func.push_typed(Op::Dim(count), &[], Type::weak(Kind::Int), loc);
    let n = func.push_typed(Op::Cast(ty.dtype), &[n], Type::array(ty.dtype, vec![]), loc);
    let name = func.data(result).name.clone();
    func.values[result.0 as usize] = ValueData { name, ty: Some(ty), loc };
    func.insts.push(Inst { op: Op::Map(MapOp::Divide), args: vec![sum, n], results: vec![result] });
}
