//! Kernels and products that share rows become panels: one pass over their operands. Runs after `fuse`.
//!
//! Along the rows a value has a level: the number of passes that must be complete before it is there. A row value is there in
//! the pass that makes it; what is accumulated over the rows, and whatever is made outside of panels, is there in the next.
//! Instructions of one level and one number of rows that read or make a row value in common share a panel, if one of them is
//! a product (element-wise ones alone share a kernel already). No path leaves a panel and comes back: it would have risen a
//! level. Fusing moves no bits: a product takes the same panels of its contracted axis alone and in a tile.

use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Stage, Value, ValueData};
use crate::panel::{Part, Role, part};
use crate::pass::{Changed, Pass};
use std::collections::{BTreeMap, HashMap};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "panel", about: "lets products and kernels over the same rows share one pass", run };

fn run(func: &mut Func) -> Changed {
    let plan = Plan::new(func);
    let groups = plan.groups(func);
    let made = groups.iter().filter(|g| g.len() > 1).count();
    if made == 0 {
        return Changed::No;
    }
    let mut insts = Vec::with_capacity(func.insts.len());
    let mut named = 0;
    for group in order(func, groups) {
        match group[..] {
            [one] => insts.push(func.insts[one].clone()),
            _ => {
                insts.push(panel(func, &plan, &group, format!("p{named}")));
                named += 1;
            }
        }
    }
    func.insts = insts;
    Changed::Yes
}

/// Rows and level (none of what stands alone), the row values that members read or make, and the members.
type Group<'a> = (Option<(&'a Dim, usize)>, Vec<Value>, Vec<usize>);

struct Plan {
    /// By instruction: how it can take part.
    part: Vec<Option<Part>>,
    level: Vec<usize>,
}

impl Plan {
    fn new(func: &Func) -> Plan {
        let part: Vec<Option<Part>> = func.insts.iter().map(|inst| part(func, inst).ok()).collect();
        let mut level: Vec<usize> = Vec::new();
        // Where a value is made, and as what.
        let mut made: HashMap<Value, (usize, Option<Role>)> = HashMap::new();
        for (i, inst) in func.insts.iter().enumerate() {
            let mut own = 0;
            for (k, arg) in inst.args.iter().enumerate() {
                let Some((maker, role)) = made.get(arg) else { continue };
                let same = match (&part[i], &part[*maker]) {
                    (Some(reader), Some(made)) => reader.rows[k] && *role == Some(Role::Row) && reader.along == made.along,
                    _ => false,
                };
                own = own.max(level[*maker] + usize::from(!same));
            }
            level.push(own);
            for (k, r) in inst.results.iter().enumerate() {
                made.insert(*r, (i, part[i].as_ref().map(|p| p.results[k])));
            }
        }
        Plan { part, level }
    }

    /// Instructions that share a pass; every other one alone.
    fn groups(&self, func: &Func) -> Vec<Vec<usize>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (i, inst) in func.insts.iter().enumerate() {
            let Some(part) = &self.part[i] else {
                groups.push((None, vec![], vec![i]));
                continue;
            };
            let key = Some((&part.along, self.level[i]));
            let read = inst.args.iter().zip(&part.rows).filter(|(_, row)| **row).map(|(v, _)| *v);
            let mut touched: Vec<Value> = read.collect();
            touched.extend(inst.results.iter().zip(&part.results).filter(|(_, r)| **r == Role::Row).map(|(v, _)| *v));
            let mut members = vec![i];
            let joins = |g: &Group<'_>| g.0 == key && g.1.iter().any(|v| touched.contains(v));
            for mut other in groups.extract_if(.., |g| joins(g)).collect::<Vec<_>>() {
                touched.append(&mut other.1);
                members.append(&mut other.2);
            }
            members.sort_unstable();
            groups.push((key, touched, members));
        }
        let mut out = Vec::new();
        for (_, _, members) in groups {
            if members.iter().any(|m| matches!(func.insts[*m].op, Op::Matmul { .. })) {
                out.push(members);
            } else {
                out.extend(members.into_iter().map(|m| vec![m]));
            }
        }
        out
    }
}

/// The groups in an order in which operands come first; among free ones the one that began first.
fn order(func: &Func, groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut waiting: BTreeMap<usize, Vec<usize>> = groups.into_iter().map(|g| (g[0], g)).collect();
    let mut known: Vec<bool> = vec![false; func.values.len()];
    func.params.iter().for_each(|p| known[p.0 as usize] = true);
    let mut out = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let inside = |g: &[usize], v: &Value| g.iter().any(|m| func.insts[*m].results.contains(v));
        let ready = |g: &Vec<usize>| g.iter().flat_map(|m| &func.insts[*m].args).all(|v| known[v.0 as usize] || inside(g, v));
        let next = waiting.iter().find(|(_, g)| ready(g)).map(|(first, _)| *first);
        let first = next.unwrap_or_else(|| panic!("panels of `{}` wait for each other", func.name));
        let group = waiting.remove(&first).unwrap_or_default();
        group.iter().flat_map(|m| &func.insts[*m].results).for_each(|r| known[r.0 as usize] = true);
        out.push(group);
    }
    out
}

/// The panel of a group: its operands are what comes from outside, its results what is used outside.
fn panel(func: &Func, plan: &Plan, group: &[usize], name: String) -> Inst {
    let mut body = Func::new(name);
    body.stage = Stage::Fused;
    let mut args = Vec::new();
    let mut inner: HashMap<(Value, bool), Value> = HashMap::new();
    for m in group {
        let inst = &func.insts[*m];
        let rows = plan.part[*m].as_ref().map_or(&[][..], |p| &p.rows);
        for (arg, row) in inst.args.iter().zip(rows) {
            let made = group.iter().any(|g| func.insts[*g].results.contains(arg));
            if !made && !inner.contains_key(&(*arg, *row)) {
                let p = body.value(func.data(*arg).clone());
                body.params.push(p);
                if *row {
                    body.rows.push(p);
                }
                args.push(*arg);
                inner.insert((*arg, *row), p);
            }
        }
    }
    for m in group {
        let inst = &func.insts[*m];
        let rows = plan.part[*m].as_ref().map_or(&[][..], |p| &p.rows);
        let own: Vec<Value> = inst.args.iter().zip(rows).map(|(arg, row)| inner[&(*arg, *row)]).collect();
        let results = inst.results.iter().map(|r| {
            let ValueData { name, ty, loc } = func.data(*r).clone();
            let v = body.value(ValueData { name, ty, loc });
            inner.insert((*r, true), v);
            v
        });
        let results = results.collect();
        body.insts.push(Inst { op: inst.op.clone(), args: own, results });
    }
    let mut results = Vec::new();
    for r in group.iter().flat_map(|m| &func.insts[*m].results) {
        let used = func.insts.iter().enumerate().any(|(i, inst)| !group.contains(&i) && inst.args.contains(r));
        if used || func.results.contains(r) {
            results.push(*r);
            body.results.push(inner[&(*r, true)]);
        }
    }
    Inst { op: Op::Kernel(Box::new(body)), args, results }
}
