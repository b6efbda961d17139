//! A product of a real matrix with its own transpose is symmetric, also when one of the two is scaled along the contracted axis.
//!
//! `X.T @ X`, `X.T @ (X * s[:, None])`, `(X / s) @ X.T`: element `(i, j)` is a sum of `x[i] s x[j]`. Such a product is marked, and
//! its lower triangle defines the result: half the work, and a result that is symmetric to the last bit, fused or not. Runs
//! after `transpose` (products read transposed operands) and `cse` (equal values are one value).

use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, Op, Value};
use crate::ops::MapOp;
use crate::pass::{Changed, Pass};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "symmetric", about: "marks products of a matrix with its own scaled transpose", run };

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    for i in 0..func.insts.len() {
        let Op::Matmul { trans_a, trans_b, symmetric: false } = func.insts[i].op else { continue };
        let [a, b] = func.insts[i].args[..] else { continue };
        let real = [a, b].iter().all(|v| matches!(func.ty(*v).dtype, DType::F32 | DType::F64) && func.ty(*v).rank() == Some(2));
        // One is read transposed, so that both have the contracted axis in one place: the first of `X.T @ X`.
        if !real || trans_a == trans_b {
            continue;
        }
        let contracted = if trans_a { 0 } else { 1 };
        if unscaled(func, a, contracted) == unscaled(func, b, contracted) {
            func.insts[i].op = Op::Matmul { trans_a, trans_b, symmetric: true };
            changed = true;
        }
    }
    Changed::of(changed)
}

/// The matrix under all scalings along its axis `along`.
fn unscaled(func: &Func, mut v: Value, along: usize) -> Value {
    while let Some(inst) = func.def(v) {
        let Op::Map(op @ (MapOp::Multiply | MapOp::Divide)) = inst.op else { return v };
        let [a, b] = inst.args[..] else { return v };
        let whole = |x: Value| func.ty(x).shape == func.ty(v).shape && func.ty(x).dtype == func.ty(v).dtype;
        v = if whole(a) && scales(func, b, along) {
            a
        } else if op == MapOp::Multiply && whole(b) && scales(func, a, along) {
            b
        } else {
            return v;
        };
    }
    v
}

/// Whether `s`, broadcast to a matrix, is constant along the other axis than `along`.
fn scales(func: &Func, s: Value, along: usize) -> bool {
    let one = Dim::Const(1);
    match func.ty(s).dims() {
        Some([]) => true,
        // Lies along axis 1.
        Some([n]) => along == 1 || *n == one,
        Some([n, m]) => {
            if along == 0 {
                *m == one
            } else {
                *n == one
            }
        }
        Some(_) | None => false,
    }
}
