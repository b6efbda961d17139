//! Instructions whose results nobody uses go. All operators are pure, so nothing else is lost.

use crate::func::Func;
use crate::pass::{Changed, Pass};

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
            kept.push(inst);
        }
    }
    kept.reverse();
    func.insts = kept;
    Changed::of(func.insts.len() != before)
}
