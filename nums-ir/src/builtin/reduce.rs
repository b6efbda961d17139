//! Reductions with NumPy's arguments: `dtype=` is a cast before and after, `where=` a choice, `initial=` one more operand.
//!
//! What `where=` leaves out counts as the value of a reduction over nothing; where there is none, `initial=` gives it. The mean
//! of some elements divides by their number, in the dtype of their sum, which `expand` knows.

use super::bind::{self, Bound};
use super::{Term, calls, value};
use crate::attr::Attr;
use crate::diag::Diag;
use crate::func::{Call, Func, Op, Scalar, Value};
use crate::ops::{Identity, MapOp, ReduceOp};

/// The arguments of a reduction, as NumPy orders them.
pub(super) fn signature(op: ReduceOp) -> &'static str {
    match op {
        ReduceOp::Sum | ReduceOp::Prod => "a, axis=, dtype=, out!, keepdims=, initial=, where=",
        ReduceOp::Mean => "a, axis=, dtype=, out!, keepdims=, where=",
        ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin => "a, axis=, out!, keepdims=, initial=, where=",
        ReduceOp::Any | ReduceOp::All => "a, axis=, out!, keepdims=, where=",
        // No program names it.
        ReduceOp::Moments => "a, axis=",
    }
}

/// The instructions of a reduction.
pub(super) fn reduction(func: &mut Func, op: ReduceOp, bound: &mut Bound) -> Result<Term, Diag> {
    let loc = bound.loc;
    let mut x = value(func, &bound.required(0)?)?;
    let axes = match bound.named("axis") {
        Some(axis) => bind::axes(&axis)?,
        None => None,
    };
    let keepdims = match bound.named("keepdims") {
        Some(flag) => bind::flag(&flag, "keepdims")?,
        None => false,
    };
    let dtype = bound.named("dtype").map(|d| bind::dtype(&d)).transpose()?;
    let initial = bound.named("initial").map(|v| value(func, &v)).transpose()?;
    let mask = bound.named("where").map(|v| value(func, &v)).transpose()?;
    if let Some(dtype) = dtype {
        x = func.push(Op::Cast(dtype), &[x], loc);
    }
    let mut out = match (op, mask) {
        (ReduceOp::Mean, Some(mask)) => {
            let list = |axes: Vec<i64>| Attr::List(axes.into_iter().map(Attr::Int).collect());
            let attrs = vec![Attr::Arg(0), axes.map_or(Attr::None, list), Attr::Bool(keepdims), Attr::Arg(1)];
            match calls::pushed(func, Call { name: "mean", attrs }, &[x, mask], 1, loc) {
                Term::Value(v) => v,
                _ => return Err(Diag::new(loc, "a mean is one value")),
            }
        }
        (_, mask) => {
            if let Some(mask) = mask {
                let other = left_out(func, op, initial, bound)?;
                x = func.push(Op::Map(MapOp::Where), &[mask, x, other], loc);
            }
            func.push(Op::Reduce { op, axes, keepdims }, &[x], loc)
        }
    };
    if let (Some(initial), Some(join)) = (initial, op.combine()) {
        out = func.push(Op::Map(join), &[out, initial], loc);
    }
    if let Some(dtype) = dtype {
        out = func.push(Op::Cast(dtype), &[out], loc);
    }
    Ok(Term::Value(out))
}

/// What stands for the elements that `where=` leaves out.
fn left_out(func: &mut Func, op: ReduceOp, initial: Option<Value>, bound: &Bound) -> Result<Value, Diag> {
    let neutral = match op.identity() {
        Identity::Zero => Scalar::Int(0),
        Identity::One => Scalar::Int(1),
        Identity::False => Scalar::Bool(false),
        Identity::True => Scalar::Bool(true),
        Identity::None | Identity::Nan => {
            return initial.ok_or_else(|| {
                Diag::new(bound.loc, format!("`{}` of nothing has no value, and `where=` may leave out all elements", bound.name))
                    .help("give the value of nothing too: `initial=0`")
            });
        }
    };
    Ok(func.push(Op::Const(neutral), &[], bound.loc))
}
