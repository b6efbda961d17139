//! Slices that are read where they lie: what is indexed for kernels and joins alone makes no array of its own.
//!
//! An indexed value needs no blocks when everything that reads it can find its elements in the blocks of what it was taken
//! from: kernels of which it has the whole index space, and `concatenate` along an axis. A task of such a kernel gets the
//! blocks that its part of the slice touches (`graph::SlicedTask`), so `u[2:] - u[:-2]` reads `u` and writes the result, no
//! more. Rows that a panel walks, operands that are broadcast, and views back to front are arrays as before; so is a
//! slice with gaps between its elements that several kernels read: each would fetch the gaps again.
//!
//! Explanations and tiling ask here, so that they tell and do the same.

use crate::func::{Func, IndexItem, Inst, Op, Value};
use crate::window::items_of;
use std::collections::HashSet;

/// The indexed values that are read in place.
pub fn in_place(func: &Func) -> HashSet<Value> {
    let indexed = func.insts.iter().filter(|inst| matches!(inst.op, Op::Index { .. }));
    indexed.filter(|inst| is_in_place(func, inst)).map(|inst| inst.results[0]).collect()
}

fn is_in_place(func: &Func, inst: &Inst) -> bool {
    let (Op::Index { items }, [v]) = (&inst.op, &inst.results[..]) else { return false };
    let readers: Vec<&Inst> = func.insts.iter().filter(|reader| reader.args.contains(v)).collect();
    let kernels = readers.iter().filter(|reader| matches!(reader.op, Op::Kernel(_))).count();
    let all = items_of(items, func.ty(inst.args[0]).rank().unwrap_or(0));
    let forward = || all.iter().all(|item| !matches!(item, IndexItem::Slice { step: ..0, .. }));
    let dense = || matches!(all.last(), Some(IndexItem::Slice { step: 1, .. } | IndexItem::NewAxis));
    let cheap = kernels == 0 || forward() && (kernels == 1 || dense());
    let fits = |reader: &&Inst| match &reader.op {
        Op::Concatenate { axis } => axis.is_some(),
        Op::Kernel(body) => has_the_space(body, reader, *v),
        Op::Const(_)
        | Op::Dim(_)
        | Op::ShapeOf { .. }
        | Op::Map(_)
        | Op::Cast(_)
        | Op::Reduce { .. }
        | Op::Matmul { .. }
        | Op::Contract(_)
        | Op::Transpose { .. }
        | Op::Reshape { .. }
        | Op::Index { .. }
        | Op::Fill { .. }
        | Op::Arange { .. }
        | Op::Eye { .. }
        | Op::Solve
        | Op::Data(_)
        | Op::Call(_)
        | Op::Item
        | Op::Choose => false,
    };
    !readers.is_empty() && cheap && !func.results.contains(v) && readers.iter().all(fits)
}

/// Whether an operand of a kernel has its whole index space, and is not empty.
fn has_the_space(body: &Func, reader: &Inst, v: Value) -> bool {
    if !body.rows.is_empty() {
        return false;
    }
    let space = body.insts.iter().find_map(|inst| match &inst.op {
        Op::Map(_) | Op::Cast(_) if body.ty(inst.results[0]).rank() != Some(0) => Some(&body.ty(inst.results[0]).shape),
        Op::Reduce { .. } => Some(&body.ty(inst.args[0]).shape),
        _ => None,
    });
    reader.args.iter().zip(&body.params).filter(|(arg, _)| **arg == v).all(|(_, p)| {
        let ty = body.ty(*p);
        let viewed = || body.insts.iter().any(|inst| matches!(inst.op, Op::Index { .. }) && inst.args.contains(p));
        let empty = || ty.dims().is_some_and(|dims| dims.iter().any(|d| d.as_const() == Some(0)));
        ty.rank() > Some(0) && Some(&ty.shape) == space && !viewed() && !empty()
    })
}
