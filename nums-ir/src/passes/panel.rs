//! Kernels and products that share rows become panels: one pass over their operands. Runs after `fuse`.
//!
//! Along some rows every value has a level: how many passes over those rows must be complete before it is there. A row value is
//! there in the pass that makes it; what is accumulated over the rows, and what is made of that, is there in the next. What has
//! nothing to do with these rows (norms of centroids, a matrix of another size) raises no level along them. Instructions of
//! one level and one number of rows that read or make a row value in common share a panel: products, and kernels that `fuse` keeps
//! apart because one needs a reduction inside the rows of the other (softmax), if no two panels would wait for each other: passes
//! over different rows may feed one another both ways. Fusing moves no bits: a product takes the same panels of its contracted axis
//! alone and in a tile.

use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Stage, Value, ValueData};
use crate::panel::{Part, Role, part};
use crate::pass::{Changed, Pass};
use petgraph::algo::is_cyclic_directed;
use petgraph::graph::{DiGraph, NodeIndex};
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
    /// By instruction that can: its level along its own rows.
    level: Vec<usize>,
    /// The instruction that makes each value.
    made: HashMap<Value, usize>,
}

impl Plan {
    fn new(func: &Func) -> Plan {
        let part: Vec<Option<Part>> = func.insts.iter().map(|inst| part(func, inst).ok()).collect();
        let mut made = HashMap::new();
        for (i, inst) in func.insts.iter().enumerate() {
            inst.results.iter().for_each(|r| _ = made.insert(*r, i));
        }
        let mut level = vec![0; func.insts.len()];
        let mut rows: Vec<&Dim> = part.iter().flatten().map(|p| &p.along).collect();
        rows.dedup();
        for along in rows {
            let own = levels(func, &part, &made, along);
            for (i, p) in part.iter().enumerate() {
                if p.as_ref().is_some_and(|p| p.along == *along) {
                    level[i] = own[i];
                }
            }
        }
        Plan { part, level, made }
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
            groups.push((key, touched.clone(), vec![i]));
            // Each that shares something, if the panels are still in an order; the new one is the last.
            let mut at = 0;
            while at + 1 < groups.len() {
                let last = groups.len() - 1;
                let joins = groups[at].0 == key && groups[at].1.iter().any(|v| touched.contains(v));
                if joins && self.in_order(func, &groups, at, last) {
                    let mut other = groups.remove(at);
                    let own = &mut groups[last - 1];
                    own.1.append(&mut other.1);
                    own.2.append(&mut other.2);
                    own.2.sort_unstable();
                } else {
                    at += 1;
                }
            }
        }
        groups.into_iter().map(|(_, _, members)| members).collect()
    }

    /// Whether no group waits for itself once two of them are one.
    fn in_order(&self, func: &Func, groups: &[Group<'_>], a: usize, b: usize) -> bool {
        let mut home: HashMap<usize, usize> = HashMap::new();
        for (g, (_, _, members)) in groups.iter().enumerate() {
            members.iter().for_each(|m| _ = home.insert(*m, if g == b { a } else { g }));
        }
        let mut graph = DiGraph::<(), ()>::new();
        groups.iter().for_each(|_| _ = graph.add_node(()));
        for (reader, to) in &home {
            for from in func.insts[*reader].args.iter().filter_map(|arg| home.get(self.made.get(arg)?)) {
                if from != to {
                    graph.update_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
                }
            }
        }
        !is_cyclic_directed(&graph)
    }
}

/// Along some rows: how many passes must be complete before each instruction can run.
fn levels(func: &Func, part: &[Option<Part>], made: &HashMap<Value, usize>, along: &Dim) -> Vec<usize> {
    let mut level: Vec<usize> = Vec::with_capacity(func.insts.len());
    let role = |maker: usize, v: &Value| {
        let part = part[maker].as_ref().filter(|p| p.along == *along)?;
        func.insts[maker].results.iter().position(|r| r == v).map(|k| part.results[k])
    };
    for (i, inst) in func.insts.iter().enumerate() {
        let own = part[i].as_ref().filter(|p| p.along == *along);
        let before = inst.args.iter().enumerate().filter_map(|(k, arg)| {
            let maker = *made.get(arg)?;
            let same = own.is_some_and(|p| p.rows[k]) && role(maker, arg) == Some(Role::Row);
            let passes = role(maker, arg).is_some() && !same;
            Some(level[maker] + usize::from(passes))
        });
        level.push(before.max().unwrap_or(0));
    }
    level
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
