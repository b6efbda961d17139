//! Sums take squares while they read: `sum(x * x)`, norms, `mean(r ** 2)`.
//!
//! A sum of squares that nothing else reads is `square_sum` of the operand, so that no array of squares is made, nor a tile of them. Each
//! square is rounded before it is added, in the order of every sum: no bit differs. Of floats only; integers are widened between the two.
//! Runs after `moments`, which looks for sums of squares, and `cse`, so that a value times itself is seen.

use crate::dtype::DType;
use crate::func::{Func, Inst, Op, Value};
use crate::ops::{MapOp, ReduceOp};
use crate::pass::{Changed, Pass};
use crate::passes::uses;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "squares", about: "takes squares in the sum that reads them", run };

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    for at in 0..func.insts.len() {
        let Op::Reduce { op: ReduceOp::Sum, axes, keepdims } = &func.insts[at].op else { continue };
        let (axes, keepdims) = (axes.clone(), *keepdims);
        if let Some(x) = squared(func, func.insts[at].args[0]) {
            func.insts[at].op = Op::Reduce { op: ReduceOp::SquareSum, axes, keepdims };
            func.insts[at].args = vec![x];
            changed = true;
        }
    }
    if changed {
        (super::dce::PASS.run)(func);
    }
    Changed::of(changed)
}

/// What `v` is the square of, if one instruction alone reads it.
fn squared(func: &Func, v: Value) -> Option<Value> {
    let x = match func.def(v)? {
        Inst { op: Op::Map(MapOp::Square), args, .. } => args[0],
        Inst { op: Op::Map(MapOp::Multiply), args, .. } if args[0] == args[1] => args[0],
        _ => return None,
    };
    let ty = func.ty(x);
    let is_line = ty.rank().is_some_and(|rank| rank > 0) && matches!(ty.dtype, DType::F32 | DType::F64);
    (is_line && uses(func, v) == 1).then_some(x)
}
