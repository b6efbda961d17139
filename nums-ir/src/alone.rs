//! Why an instruction of a fused function shares no pass with others, in a few words.
//!
//! A reader of the fused stage sees at a product, a kernel or a step that moves elements what ended the fusion: what it is
//! itself, or that it waits for sums over all rows of what it reads. Nothing is said of what reads arguments alone and meets
//! nobody, of slices that are read in place, and of what only names or makes values. `panel` and `fuse` decide; this tells.

use crate::data::DataOp;
use crate::func::{Func, IndexItem, Inst, Op, Value};
use crate::ops::ReduceOp;
use crate::panel::{Role, parts, roles};
use crate::slices::in_place;

/// The reason, if there is something to say.
pub fn why(func: &Func, inst: &Inst) -> Option<&'static str> {
    match &inst.op {
        Op::Kernel(body) => kernel(func, inst, body),
        Op::Matmul { .. } | Op::Contract(_) | Op::Data(DataOp::ArgBest { .. }) => {
            let reason = if waits(func, inst) { WAITS } else { "nothing else shares its rows in this pass" };
            Some(parts(func, inst).err().unwrap_or(reason))
        }
        Op::Solve | Op::Data(DataOp::Qr { .. }) => Some("a decomposition needs its matrix whole"),
        Op::Data(DataOp::Scan { .. }) => Some("a running result needs those before it"),
        Op::Data(
            DataOp::Sort { .. }
            | DataOp::Partition { .. }
            | DataOp::Top { .. }
            | DataOp::Select { .. }
            | DataOp::Search { .. }
            | DataOp::Positions { .. },
        ) => Some("it depends on the order of all elements"),
        Op::Data(DataOp::Take { .. } | DataOp::Put { .. }) => Some("it reads at positions that the data names"),
        Op::Transpose { .. } => Some("it moves elements to other rows"),
        Op::Reshape { .. } => Some("its rows are not those of its operand"),
        Op::Concatenate { .. } => Some("it puts blocks of several arrays together"),
        Op::Index { items } if items.iter().any(|item| !is_view(item)) => indexed(func, inst),
        Op::Data(DataOp::Random { .. } | DataOp::Check { .. }) => None,
        Op::Const(_) | Op::Dim(_) | Op::ShapeOf { .. } | Op::Map(_) | Op::Cast(_) | Op::Reduce { .. } | Op::Fill { .. } => None,
        Op::Index { .. } | Op::Arange { .. } | Op::Eye { .. } | Op::Call(_) | Op::Item | Op::Choose => None,
    }
}

const WAITS: &str = "it waits for sums over all rows";

/// A kernel that reads what others compute is no part of them for a reason.
fn kernel(func: &Func, inst: &Inst, body: &Func) -> Option<&'static str> {
    if waits(func, inst) {
        return Some(WAITS);
    }
    let computes = |maker: &Inst| matches!(maker.op, Op::Kernel(_) | Op::Matmul { .. } | Op::Contract(_));
    let reads = inst.args.iter().filter_map(|v| func.def(*v)).any(computes);
    (reads && body.rows.is_empty()).then(|| parts(func, inst).err()).flatten()
}

/// Whether it reads what is complete only after a pass over all rows.
fn waits(func: &Func, inst: &Inst) -> bool {
    inst.args.iter().any(|v| func.def(*v).is_some_and(|maker| is_total(func, maker, *v)))
}

fn is_total(func: &Func, maker: &Inst, v: Value) -> bool {
    let Some(at) = maker.results.iter().position(|r| *r == v) else { return false };
    match &maker.op {
        Op::Kernel(body) if !body.rows.is_empty() => {
            roles(body).is_ok_and(|roles| matches!(roles[body.results[at].0 as usize], Role::Total(_)))
        }
        _ => parts(func, maker).is_ok_and(|parts| matches!(parts[0].results[at], Role::Total(_))),
    }
}

/// Whether an item leaves all elements in their order.
fn is_view(item: &IndexItem) -> bool {
    match item {
        IndexItem::NewAxis | IndexItem::Ellipsis => true,
        IndexItem::Slice { start: None, stop: None, step: 1 } => true,
        IndexItem::Slice { .. } | IndexItem::At(_) => false,
    }
}

/// A slice or an element that is stored; not the parts of moments, which are as good as results of their kernel.
fn indexed(func: &Func, inst: &Inst) -> Option<&'static str> {
    let source = func.def(inst.args[0]);
    let moments = source.is_some_and(|maker| match &maker.op {
        Op::Kernel(body) => maker.results.iter().zip(&body.results).any(|(r, own)| {
            let is_moments = |made: &Inst| matches!(made.op, Op::Reduce { op: ReduceOp::Moments, .. });
            *r == inst.args[0] && body.def(*own).is_some_and(is_moments)
        }),
        _ => false,
    });
    let is_read = func.insts.iter().any(|reader| reader.args.contains(&inst.results[0]));
    (is_read && !moments && !in_place(func).contains(&inst.results[0])).then_some("its elements are copied for what reads them")
}
