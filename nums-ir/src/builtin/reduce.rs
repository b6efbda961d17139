//! Reductions with NumPy's arguments: `dtype=` is a cast before and after, `where=` a choice, `initial=` one more operand.
//!
//! What `where=` leaves out counts as the value of a reduction over nothing; where there is none, `initial=` gives it. What depends
//! on the reduction's dtype is left to `expand`: `initial=` is converted to it, and the mean of some elements divides by their number.

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
        ReduceOp::Moments | ReduceOp::Spread | ReduceOp::SquareSum => "a, axis=",
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
    let mut out = match (op, initial, mask) {
        (ReduceOp::Mean, _, Some(mask)) => called(func, op, &[x, mask], axes, keepdims, [None, Some(1)], bound)?,
        (_, Some(initial), mask) => {
            let args: Vec<Value> = [x, initial].into_iter().chain(mask).collect();
            called(func, op, &args, axes, keepdims, [Some(1), mask.map(|_| 2)], bound)?
        }
        (_, None, mask) => {
            if let Some(mask) = mask {
                let other = left_out(func, op, bound)?;
                x = func.push(Op::Map(MapOp::Where), &[mask, x, other], loc);
            }
            func.push(Op::Reduce { op, axes, keepdims }, &[x], loc)
        }
    };
    if let Some(dtype) = dtype {
        out = func.push(Op::Cast(dtype), &[out], loc);
    }
    Ok(Term::Value(out))
}

/// A reduction that `expand` writes: its dtype decides what becomes of `initial=` (argument 1) and `where=` (the last one).
fn called(
    func: &mut Func,
    op: ReduceOp,
    args: &[Value],
    axes: Option<Vec<i64>>,
    keepdims: bool,
    places: [Option<usize>; 2],
    bound: &Bound,
) -> Result<Value, Diag> {
    let axes = axes.map_or(Attr::None, |axes| Attr::List(axes.into_iter().map(Attr::Int).collect()));
    let [initial, mask] = places.map(|at| at.map_or(Attr::None, Attr::Arg));
    let call = Call { name: op.name(), attrs: vec![Attr::Arg(0), axes, Attr::Bool(keepdims), initial, mask] };
    match calls::pushed(func, call, args, 1, bound.loc) {
        Term::Value(v) => Ok(v),
        _ => Err(Diag::new(bound.loc, "a reduction is one value")),
    }
}

/// What stands for the elements that `where=` leaves out.
fn left_out(func: &mut Func, op: ReduceOp, bound: &Bound) -> Result<Value, Diag> {
    let neutral = match op.identity() {
        Identity::Zero => Scalar::Int(0),
        Identity::One => Scalar::Int(1),
        Identity::False => Scalar::Bool(false),
        Identity::True => Scalar::Bool(true),
        Identity::None | Identity::Nan => {
            let why = format!("`{}` of nothing has no value, and `where=` may leave out all elements", bound.name);
            return Err(Diag::new(bound.loc, why).help("give the value of nothing too: `initial=0`"));
        }
    };
    Ok(func.push(Op::Const(neutral), &[], bound.loc))
}
