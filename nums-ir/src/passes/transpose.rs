//! A transpose of the last two axes before a product is read by the product: `matmul(x.T, y) = matmul(x, y, trans_a)`.
//!
//! Runs after `simplify` (permutations composed) and before `dce` (takes the transpose away when nobody else uses it).

use crate::func::{Func, Inst, Op, Value};
use crate::pass::{Changed, Pass};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "transpose", about: "lets products read their operands transposed", run };

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    for i in 0..func.insts.len() {
        let Op::Matmul { mut trans_a, mut trans_b, symmetric } = func.insts[i].op else { continue };
        let mut args = func.insts[i].args.clone();
        for (arg, trans) in args.iter_mut().zip([&mut trans_a, &mut trans_b]) {
            while let Some(inner) = swapped(func, i, *arg) {
                *arg = inner;
                *trans = !*trans;
                changed = true;
            }
        }
        func.insts[i].op = Op::Matmul { trans_a, trans_b, symmetric };
        func.insts[i].args = args;
    }
    Changed::of(changed)
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
