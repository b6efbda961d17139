//! A transpose of the last two axes before a product is read by the product: `matmul(x.T, y) = matmul(x, y, trans_a)`.
//!
//! So is one with element-wise steps behind it that nothing else reads: `(x.T * s) @ y` has the elements of
//! `(x * s[:, None]).T @ y`, and no transposed matrix is ever made. Runs after `simplify` (permutations composed) and before
//! `dce` (takes the transpose away when nobody else uses it).

use crate::func::{Func, IndexItem, Inst, Op, Value, ValueData};
use crate::pass::{Changed, Pass};
use crate::passes::uses;
use crate::types::Type;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "transpose", about: "lets products read their operands transposed", run };

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    let mut i = 0;
    while i < func.insts.len() {
        if let Op::Matmul { mut trans_a, mut trans_b, symmetric } = func.insts[i].op {
            let mut args = func.insts[i].args.clone();
            for (arg, trans) in args.iter_mut().zip([&mut trans_a, &mut trans_b]) {
                while let Some(inner) = swapped(func, i, *arg).or_else(|| turned(func, &mut i, *arg)) {
                    *arg = inner;
                    *trans = !*trans;
                    changed = true;
                }
            }
            func.insts[i].op = Op::Matmul { trans_a, trans_b, symmetric };
            func.insts[i].args = args;
        }
        i += 1;
    }
    Changed::of(changed)
}

/// The transpose of the matrix `v`, written before instruction `at`, if `v` is made element by element of a transposed matrix
/// and what broadcasts with it; `at` moves with its instruction.
fn turned(func: &mut Func, at: &mut usize, v: Value) -> Option<Value> {
    if !turns(func, *at, v) {
        return None;
    }
    Some(turn(func, at, v))
}

/// Whether turning `v` takes a transpose away and adds none.
fn turns(func: &Func, before: usize, v: Value) -> bool {
    let Some(Inst { op: Op::Map(_) | Op::Cast(_), args, .. }) = func.insts[..before].iter().find(|i| i.results.contains(&v))
    else {
        return false;
    };
    let matrix = func.ty(v).rank() == Some(2) && uses(func, v) == 1;
    let fits = |a: &Value| match func.ty(*a).rank() {
        Some(0 | 1) => true,
        Some(2) => swapped(func, before, *a).is_some() || turns(func, before, *a),
        Some(_) | None => false,
    };
    matrix && args.iter().all(fits) && args.iter().any(|a| func.ty(*a).rank() == Some(2))
}

fn turn(func: &mut Func, at: &mut usize, v: Value) -> Value {
    let inst = func.insts[..*at].iter().find(|i| i.results.contains(&v)).expect("`turns` has found it").clone();
    let args = inst.args.iter().map(|a| match func.ty(*a).rank() {
        Some(2) => match swapped(func, *at, *a) {
            Some(inner) => inner,
            None => turn(func, at, *a),
        },
        // It lies along the last axis, which becomes the first.
        Some(1) => {
            let ty = func.ty(*a);
            let dims = [ty.dims().unwrap_or_default(), &[1.into()]].concat();
            let ty = Type::array(ty.dtype, dims);
            let items = vec![IndexItem::Slice { start: None, stop: None, step: 1 }, IndexItem::NewAxis];
            insert(func, at, Op::Index { items }, vec![*a], ty)
        }
        Some(_) | None => *a,
    });
    let args = args.collect();
    let mut dims = func.ty(v).dims().unwrap_or_default().to_vec();
    dims.reverse();
    let ty = Type::array(func.ty(v).dtype, dims);
    insert(func, at, inst.op, args, ty)
}

/// A new instruction before number `at`.
fn insert(func: &mut Func, at: &mut usize, op: Op, args: Vec<Value>, ty: Type) -> Value {
    let loc = args.first().map(|a| func.data(*a).loc).unwrap_or_default();
    let result = func.value(ValueData { name: None, ty: Some(ty), loc });
    func.insts.insert(*at, Inst { op, args, results: vec![result] });
    *at += 1;
    result
}

/// The operand of the transpose that makes `v`, if it swaps just the last two axes.
fn swapped(func: &Func, before: usize, v: Value) -> Option<Value> {
    let def = func.insts[..before].iter().find(|i| i.results.contains(&v))?;
    let Inst { op: Op::Transpose { perm: Some(perm) }, args, .. } = def else { return None };
    let n = perm.len();
    let swaps = n >= 2
        && perm.iter().enumerate().all(|(i, p)| {
            let want = if i + 2 < n { i } else { n - 1 - (i + 2 - n) };
            *p == want as i64
        });
    swaps.then(|| args[0])
}
