//! Instructions whose results nobody uses go. All operators are pure, so nothing else is lost.
//!
//! A value that sizes depend on (`item`) is used by every instruction whose types or attributes name its size.

use crate::dim::{Dim, data_value};
use crate::func::{Func, Op, Size};
use crate::pass::{Changed, Pass};
use crate::passes::visit_sizes;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "dce", about: "drops what nobody uses", run };

fn run(func: &mut Func) -> Changed {
    let mut live = vec![false; func.values.len()];
    for r in &func.results {
        live[r.0 as usize] = true;
    }
    let before = func.insts.len();
    let mut kept = Vec::with_capacity(before);
    for inst in std::mem::take(&mut func.insts).into_iter().rev() {
        if inst.results.iter().any(|r| live[r.0 as usize]) {
            for arg in &inst.args {
                live[arg.0 as usize] = true;
            }
            let mut see = |dim: &Dim| {
                dim.symbols(&mut |s| {
                    if let Some(slot) = data_value(s).and_then(|v| live.get_mut(v)) {
                        *slot = true;
                    }
                });
            };
            let types = inst.results.iter().filter_map(|r| func.values[r.0 as usize].ty.as_ref()?.dims());
            types.flatten().for_each(&mut see);
            if let Op::Dim(d) = &inst.op {
                see(d);
            }
            visit_sizes(&mut inst.op.clone(), &mut |size| {
                if let Size::Dim(d) = size {
                    see(d);
                }
            });
            kept.push(inst);
        }
    }
    kept.reverse();
    func.insts = kept;
    Changed::of(func.insts.len() != before)
}
