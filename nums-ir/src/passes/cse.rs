//! Equal instructions become one: same operator, constants, operands and type. Runs after `simplify`, which makes more equal.

use super::replace_uses;
use crate::func::{Func, Value};
use crate::pass::{Changed, Pass};
use std::collections::HashMap;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "cse", about: "computes equal expressions once", run };

fn run(func: &mut Func) -> Changed {
    let mut alias: Vec<Value> = (0..func.values.len() as u32).map(Value).collect();
    let mut seen: HashMap<String, Vec<Value>> = HashMap::new();
    let mut kept = Vec::with_capacity(func.insts.len());
    let before = func.insts.len();
    for mut inst in std::mem::take(&mut func.insts) {
        for arg in &mut inst.args {
            *arg = alias[arg.0 as usize];
        }
        // Operators hold floats, which have no hash: the debug text tells 0.0 from -0.0, and constants of two types apart.
        let key = format!("{:?} {:?} {:?}", inst.op, inst.args, inst.results.first().map(|r| func.ty(*r)));
        match seen.get(&key) {
            Some(first) => {
                for (from, to) in inst.results.iter().zip(first) {
                    alias[from.0 as usize] = *to;
                }
            }
            None => {
                seen.insert(key, inst.results.clone());
                kept.push(inst);
            }
        }
    }
    func.insts = kept;
    replace_uses(func, &|v| alias[v.0 as usize]);
    Changed::of(func.insts.len() != before)
}
