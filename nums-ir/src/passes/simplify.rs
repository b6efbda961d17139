//! Algebraic rules that hold to the last bit, for every dtype, NaN and signed zero included. `x + 0.0` is none of them: it
//! turns -0.0 into 0.0. One comment line a rule. Runs after `decompose`; `dce` takes away what is no longer used.

use super::replace_uses;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Func, IndexItem, Inst, Op, Scalar, Size, Value};
use crate::ops::MapOp;
use crate::pass::{Changed, Pass};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "simplify", about: "applies identities that hold to the last bit", run };

enum Rewrite {
    /// The value is another value.
    Is(Value),
    /// The value is made by another operator.
    By(Op, Vec<Value>),
}

fn run(func: &mut Func) -> Changed {
    let mut alias: Vec<Value> = (0..func.values.len() as u32).map(Value).collect();
    let mut changed = false;
    for i in 0..func.insts.len() {
        let mut inst = func.insts[i].clone();
        for arg in &mut inst.args {
            *arg = alias[arg.0 as usize];
        }
        while let Some(rewrite) = rule(func, i, &inst) {
            changed = true;
            match rewrite {
                Rewrite::Is(v) => {
                    alias[inst.results[0].0 as usize] = v;
                    break;
                }
                Rewrite::By(op, args) => (inst.op, inst.args) = (op, args),
            }
        }
        func.insts[i] = inst;
    }
    replace_uses(func, &|v| alias[v.0 as usize]);
    Changed::of(changed)
}

fn rule(func: &Func, at: usize, inst: &Inst) -> Option<Rewrite> {
    if let Some(rewrite) = without_lead(func, at, inst) {
        return Some(rewrite);
    }
    let def = |v: Value| func.insts[..at].iter().find(|i| i.results.contains(&v));
    let constant = |v: Value| def(v).and_then(|i| if let Op::Const(c) = i.op { Some(c) } else { None });
    let [result] = inst.results[..] else { return None };
    let ty = func.ty(result);
    // A value may only stand for another of its own type.
    let is = |v: Value| (func.ty(v) == ty).then_some(Rewrite::Is(v));
    match (&inst.op, &inst.args[..]) {
        (Op::Map(op), [a]) => {
            let inner = def(*a);
            match (op, inner.map(|i| (&i.op, &i.args[..]))) {
                // -(-x) = x
                (MapOp::Negative, Some((Op::Map(MapOp::Negative), [x]))) => is(*x),
                // +x = x
                (MapOp::Positive, _) => is(*a),
                _ => fold(*op, &[constant(*a)?], ty.dtype, ty.weak),
            }
        }
        (Op::Map(op), [a, b]) => {
            let (left, right) = (constant(*a), constant(*b));
            if let (Some(x), Some(y)) = (left, right) {
                return fold(*op, &[x, y], ty.dtype, ty.weak);
            }
            match op {
                // x * 1 = x, 1 * x = x
                MapOp::Multiply if right.is_some_and(is_one) => is(*a),
                MapOp::Multiply if left.is_some_and(is_one) => is(*b),
                // x / 1 = x
                MapOp::Divide if right.is_some_and(is_one) => is(*a),
                // x - 0 = x
                MapOp::Subtract if right.is_some_and(is_zero) => is(*a),
                // x + 0 = x, of integers
                MapOp::Add if right.is_some_and(is_zero) && ty.dtype.kind() == Kind::Int => is(*a),
                // x ** 2 = square(x), as NumPy computes it
                MapOp::Power if right.is_some_and(is_two) => Some(Rewrite::By(Op::Map(MapOp::Square), vec![*a])),
                _ => None,
            }
        }
        // cast to the dtype it has
        (Op::Cast(_), [a]) => is(*a),
        (Op::Transpose { perm: Some(perm) }, [a]) => {
            // the identity permutation
            if perm.iter().enumerate().all(|(i, p)| i as i64 == *p) {
                return is(*a);
            }
            // transpose of transpose: permutations compose
            let Some(Inst { op: Op::Transpose { perm: Some(inner) }, args, .. }) = def(*a) else { return None };
            let both = perm.iter().map(|p| inner[*p as usize]).collect();
            Some(Rewrite::By(Op::Transpose { perm: Some(both) }, args.clone()))
        }
        // the shape it has
        (Op::Reshape { .. }, [a]) => is(*a),
        // x[:, :] = x
        (Op::Index { items }, [a]) => {
            let whole = |item: &IndexItem| match item {
                IndexItem::Slice { start, stop: None, step: 1 } => start.as_ref().is_none_or(|s| *s == Size::Dim(Dim::Const(0))),
                IndexItem::Ellipsis => true,
                IndexItem::Slice { .. } | IndexItem::At(_) | IndexItem::NewAxis => false,
            };
            if items.iter().all(whole) {
                return is(*a);
            }
            // x[:, 0][:, newaxis] = x, where that axis has size 1
            let Some(Inst { op: Op::Index { items: inner }, args, .. }) = def(*a) else { return None };
            let moves_ones = moves_ones(func, *a, items) && moves_ones(func, args[0], inner);
            if moves_ones { is(args[0]) } else { None }
        }
        _ => None,
    }
}

/// x + v[newaxis, :] = x + v, where x has an axis there: operands get the axes before their own by themselves.
fn without_lead(func: &Func, at: usize, inst: &Inst) -> Option<Rewrite> {
    let Op::Map(_) = inst.op else { return None };
    let rank = func.ty(inst.results[0]).rank()?;
    let bare = |v: Value| {
        let Inst { op: Op::Index { items }, args, .. } = func.insts[..at].iter().find(|i| i.results.contains(&v))? else {
            return None;
        };
        let lead = items.iter().take_while(|item| matches!(item, IndexItem::NewAxis)).count();
        let rest = |item: &IndexItem| matches!(item, IndexItem::Slice { start: None, stop: None, step: 1 });
        (lead > 0 && items[lead..].iter().all(rest)).then_some(args[0])
    };
    for (k, v) in inst.args.iter().enumerate() {
        let others = || inst.args.iter().enumerate().filter(|(other, _)| *other != k);
        if let Some(inner) = bare(*v)
            && others().any(|(_, o)| func.ty(*o).rank() == Some(rank))
            && !func.ty(inner).weak
        {
            let mut args = inst.args.clone();
            args[k] = inner;
            return Some(Rewrite::By(inst.op.clone(), args));
        }
    }
    None
}

/// Whether an index only takes away axes of size 1 and adds some: the elements stay in their order.
fn moves_ones(func: &Func, operand: Value, items: &[IndexItem]) -> bool {
    let mut dims = func.ty(operand).dims().unwrap_or_default().iter();
    items.iter().all(|item| match item {
        IndexItem::NewAxis => true,
        IndexItem::Slice { start: None, stop: None, step: 1 } => dims.next().is_some(),
        IndexItem::At(Size::Dim(Dim::Const(0 | -1))) => dims.next() == Some(&Dim::Const(1)),
        IndexItem::Slice { .. } | IndexItem::At(_) | IndexItem::Ellipsis => false,
    })
}

fn is_one(c: Scalar) -> bool {
    c == Scalar::Float(1.0) || c == Scalar::Int(1)
}

fn is_zero(c: Scalar) -> bool {
    // Of floats only +0.0: x - (-0.0) turns -0.0 into 0.0.
    c == Scalar::Int(0) || matches!(c, Scalar::Float(x) if x.to_bits() == 0)
}

fn is_two(c: Scalar) -> bool {
    c == Scalar::Float(2.0) || c == Scalar::Int(2) || c == Scalar::Complex(2.0, 0.0)
}

/// Constants of exact operators: `f64` (one IEEE operation), and weak integers that stay in range.
fn fold(op: MapOp, args: &[Scalar], dtype: DType, weak: bool) -> Option<Rewrite> {
    let value = match (op, args) {
        (MapOp::Add, [Scalar::Float(a), Scalar::Float(b)]) => Scalar::Float(a + b),
        (MapOp::Subtract, [Scalar::Float(a), Scalar::Float(b)]) => Scalar::Float(a - b),
        (MapOp::Multiply, [Scalar::Float(a), Scalar::Float(b)]) => Scalar::Float(a * b),
        (MapOp::Divide, [Scalar::Float(a), Scalar::Float(b)]) => Scalar::Float(a / b),
        (MapOp::Negative, [Scalar::Float(a)]) => Scalar::Float(-a),
        (MapOp::Add, [Scalar::Int(a), Scalar::Int(b)]) => Scalar::Int(a.checked_add(*b)?),
        (MapOp::Subtract, [Scalar::Int(a), Scalar::Int(b)]) => Scalar::Int(a.checked_sub(*b)?),
        (MapOp::Multiply, [Scalar::Int(a), Scalar::Int(b)]) => Scalar::Int(a.checked_mul(*b)?),
        (MapOp::Negative, [Scalar::Int(a)]) => Scalar::Int(a.checked_neg()?),
        _ => return None,
    };
    let exact = match value {
        Scalar::Float(_) => dtype == DType::F64,
        Scalar::Int(i) => weak && dtype == DType::I64 && i64::try_from(i).is_ok(),
        Scalar::Bool(_) | Scalar::Complex(..) => false,
    };
    exact.then_some(Rewrite::By(Op::Const(value), vec![]))
}
