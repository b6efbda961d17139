//! Pairs of a contraction that do not run with its rows become a contraction of their own.
//!
//! `einsum("ijk,jr,kr->ir", T, B, C)` may well begin with `B` and `C`. What they make is the same for every row of `T`: made once it serves
//! all blocks, and what is left can be walked row by row with what surrounds it (`panel`). Sizes decide the order: constant ones as
//! they are, symbols as equal ones, and at a call the numbers (`chain::is_there` tells who binds). Runs fused or not, so that no order
//! changes a bit between the two.

use crate::contraction::{Contraction, Index, alike};
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, ValueData};
use crate::pass::{Changed, Pass};
use crate::types::Type;
use std::collections::BTreeMap;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "pairs", about: "takes pairs out of contractions that are the same for all rows", run };

fn run(func: &mut Func) -> Changed {
    let (mut changed, mut at) = (false, 0);
    while at < func.insts.len() {
        match taken_out(func, &func.insts[at]) {
            // The inner one is looked at next, then the outer one again.
            Some((inner, outer, leaves)) => {
                split(func, at, inner, outer, &leaves);
                changed = true;
            }
            None => at += 1,
        }
    }
    Changed::of(changed)
}

/// The first pair without the first index of the result: its contraction, that of its product with the others, and its operands.
fn taken_out(func: &Func, inst: &Inst) -> Option<(Contraction, Contraction, Vec<usize>)> {
    let Op::Contract(spec) = &inst.op else { return None };
    let (first, dims) = (spec.result.first()?, dims(func, inst, spec)?);
    let sizes = dims.iter().map(|(i, d)| Some((*i, alike(d)?))).collect::<Option<BTreeMap<Index, usize>>>()?;
    let steps = spec.steps(&spec.order(&|i| sizes[&i]))?;
    let step = steps.split_last()?.1.iter().find(|step| !step.result.contains(first))?;
    let (inner, outer) = spec.split(step);
    Some((inner, outer, step.leaves.clone()))
}

/// The size of every index.
fn dims(func: &Func, inst: &Inst, spec: &Contraction) -> Option<BTreeMap<Index, Dim>> {
    let mut dims = BTreeMap::new();
    for (set, v) in spec.operands.iter().zip(&inst.args) {
        dims.extend(set.iter().copied().zip(func.ty(*v).dims()?.iter().cloned()));
    }
    Some(dims)
}

fn split(func: &mut Func, at: usize, inner: Contraction, outer: Contraction, leaves: &[usize]) {
    let inst = func.insts[at].clone();
    let Op::Contract(spec) = &inst.op else { return };
    let dims = dims(func, &inst, spec).unwrap_or_default();
    let ty = Type::array(func.ty(inst.args[0]).dtype, inner.result.iter().map(|i| dims[i].clone()).collect());
    let made = func.value(ValueData { name: None, ty: Some(ty), loc: func.data(inst.results[0]).loc });
    let rest = (0..inst.args.len()).filter(|k| !leaves.contains(k)).map(|k| inst.args[k]);
    let args = std::iter::once(made).chain(rest).collect();
    func.insts[at] = Inst { op: Op::Contract(outer), args, results: inst.results };
    let args = leaves.iter().map(|k| inst.args[*k]).collect();
    func.insts.insert(at, Inst { op: Op::Contract(inner), args, results: vec![made] });
}
