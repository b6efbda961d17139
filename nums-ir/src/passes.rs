//! The passes, in the order of the pipeline. One file each: its header says the rule and what must run before.

pub mod chain;
pub mod cse;
pub mod dce;
pub mod decompose;
pub mod fuse;
pub mod moments;
pub mod pairs;
pub mod panel;
pub mod simplify;
pub mod squares;
pub mod symmetric;
pub mod transpose;

use crate::func::{Func, IndexItem, Op, Size, Value};

/// Replaces every use of a value by what `to` says.
pub(crate) fn replace_uses(func: &mut Func, to: &dyn Fn(Value) -> Value) {
    for inst in &mut func.insts {
        for arg in &mut inst.args {
            *arg = to(*arg);
        }
        visit_sizes(&mut inst.op, &mut |size| {
            if let Size::Value(v) = size {
                *v = to(*v);
            }
        });
    }
    for r in &mut func.results {
        *r = to(*r);
    }
}

/// How often a value is read, as an operand, as a size or as a result.
pub(crate) fn uses(func: &Func, v: Value) -> usize {
    let mut n = func.results.iter().filter(|r| **r == v).count();
    for inst in &func.insts {
        n += inst.args.iter().filter(|a| **a == v).count();
        visit_sizes(&mut inst.op.clone(), &mut |size| n += usize::from(*size == Size::Value(v)));
    }
    n
}

/// Calls `see` with every size attribute of `op`.
pub(crate) fn visit_sizes(op: &mut Op, see: &mut dyn FnMut(&mut Size)) {
    match op {
        Op::Reshape { shape } | Op::Fill { shape, .. } => shape.iter_mut().for_each(see),
        Op::Index { items } => {
            for item in items {
                match item {
                    IndexItem::At(size) => see(size),
                    IndexItem::Slice { start, stop, step: _ } => start.iter_mut().chain(stop).for_each(&mut *see),
                    IndexItem::NewAxis | IndexItem::Ellipsis => {}
                }
            }
        }
        Op::Eye { rows, cols, .. } => {
            see(rows);
            see(cols);
        }
        Op::Const(_)
        | Op::Dim(_)
        | Op::ShapeOf { .. }
        | Op::Map(_)
        | Op::Cast(_)
        | Op::Reduce { .. }
        | Op::Matmul { .. }
        | Op::Contract(_)
        | Op::Transpose { .. }
        | Op::Concatenate { .. }
        | Op::Arange { .. }
        | Op::Solve
        | Op::Item
        | Op::Choose
        | Op::Kernel(_) => {}
        Op::Data(op) => op.visit_sizes(see),
        Op::Call(call) => call.attrs.iter_mut().for_each(|a| a.visit_sizes(see)),
    }
}
