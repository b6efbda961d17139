//! Kernels and products that share rows become panels: one pass over their operands. Runs after `fuse`.
//!
//! Along some rows every value has a level: how many passes over those rows must be complete before it is there. A row value is
//! there in the pass that makes it; what is accumulated over the rows, and what is made of that, is there in the next. What has
//! nothing to do with these rows (norms of centroids, a matrix of another size) raises no level along them. Instructions of
//! one level and one number of rows that read or make a row value in common share a panel: products, and kernels that `fuse` keeps
//! apart because one needs a reduction inside the rows of the other (softmax), if no two panels would wait for each other: passes
//! over different rows may feed one another both ways. Rows are first axes, unless products save array reads along other ones
//! (`choose`). Fusing moves no bits: a product takes the same panels of its contracted axis alone and in a tile.

use crate::contraction::alike;
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Stage, Value, ValueData};
use crate::panel::{Part, Role, parts};
use crate::pass::{Changed, Pass};
use petgraph::algo::is_cyclic_directed;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, HashMap};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "panel", about: "lets products and kernels over the same rows share one pass", run };

fn run(func: &mut Func) -> Changed {
    let (plan, groups) = choose(func);
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

/// The plan that reads and writes least, and its groups: along first axes; or, where all that can take part does so along
/// another axis, if panels with products then save a pass over the largest array there (`Plan::is_sound`). Without products nothing
/// tells which of two axes is the long one, and the first is how blocks are cut.
fn choose(func: &Func) -> (Plan, Vec<Vec<usize>>) {
    let possible: Vec<Vec<Part>> = func.insts.iter().map(|inst| parts(func, inst).unwrap_or_default()).collect();
    let first = |parts: &Vec<Part>| parts.first().filter(|part| part.is_first()).cloned();
    let mut best = Plan::new(func, possible.iter().map(first).collect());
    let mut groups = best.groups(func);
    let mut others: Vec<&Dim> = Vec::new();
    for part in possible.iter().flatten().filter(|part| !part.is_first()) {
        if !others.contains(&&part.along) {
            others.push(&part.along);
        }
    }
    for along in others {
        let mut turned = best.part.clone();
        for (part, possible) in turned.iter_mut().zip(&possible) {
            if let Some(other) = possible.iter().find(|other| other.along == *along) {
                *part = Some(other.clone());
            }
        }
        let plan = Plan::new(func, turned);
        let turned = plan.groups(func);
        let saved = best.traffic(func, &groups) - plan.traffic(func, &turned);
        if turned.iter().all(|g| plan.is_sound(func, g)) && saved >= plan.largest(func, along) {
            (best, groups) = (plan, turned);
        }
    }
    (best, groups)
}

/// Rows and level (none of what stands alone), the row values that members read or make, and the members.
type Group<'a> = (Option<(&'a Dim, usize)>, Vec<RowValue>, Vec<usize>);

/// A value and the axis that runs with the rows.
type RowValue = (Value, usize);

struct Plan {
    /// By instruction: how it takes part.
    part: Vec<Option<Part>>,
    /// By instruction that does: its level along its own rows.
    level: Vec<usize>,
    /// The instruction that makes each value.
    made: HashMap<Value, usize>,
}

impl Plan {
    fn new(func: &Func, part: Vec<Option<Part>>) -> Plan {
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
            let read = inst.args.iter().zip(&part.rows).filter_map(|(v, row)| Some((*v, (*row)?)));
            let made = inst.results.iter().zip(&part.results).filter_map(|(v, r)| Some((*v, r.axis()?)));
            let touched: Vec<RowValue> = read.chain(made).collect();
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

    /// Whether a panel along other than first axes can be expected to run: it holds a product, and needs no matrix whole that others
    /// walk, which is large and cut into blocks.
    fn is_sound(&self, func: &Func, group: &[usize]) -> bool {
        let first = |m: &usize| self.part[*m].as_ref().is_none_or(Part::is_first);
        if group.len() < 2 || group.iter().all(first) {
            return true;
        }
        let operands = |m: usize| func.insts[m].args.iter().zip(self.part[m].iter().flat_map(|part| &part.rows));
        let is_walked = |v: &Value| (0..func.insts.len()).flat_map(operands).any(|(arg, row)| arg == v && row.is_some());
        let whole = group.iter().flat_map(|m| operands(*m)).filter(|(_, row)| row.is_none()).map(|(arg, _)| arg);
        let is_product = |m: &usize| matches!(func.insts[*m].op, Op::Matmul { .. } | Op::Contract(_));
        group.iter().any(is_product) && !whole.filter(|v| func.ty(**v).rank() > Some(1)).any(is_walked)
    }

    /// Elements of the largest operand whose rows along `along` are not its first axis.
    fn largest(&self, func: &Func, along: &Dim) -> f64 {
        let parts = func.insts.iter().zip(&self.part).filter_map(|(inst, part)| Some((inst, part.as_ref()?)));
        let turned = parts.filter(|(_, part)| part.along == *along && !part.is_first());
        let rows = turned.flat_map(|(inst, part)| inst.args.iter().zip(&part.rows)).filter(|(_, row)| row.is_some_and(|a| a > 0));
        rows.map(|(v, _)| elements(func, *v)).fold(0.0, f64::max)
    }

    /// Elements that the groups read from elsewhere and leave behind, all symbols alike.
    fn traffic(&self, func: &Func, groups: &[Vec<usize>]) -> f64 {
        let mut sum = 0.0;
        for group in groups {
            let mut read: Vec<(Value, Option<usize>)> = Vec::new();
            for m in group {
                let rows = self.part[*m].as_ref().map(|part| &part.rows);
                for (k, arg) in func.insts[*m].args.iter().enumerate() {
                    let operand = (*arg, rows.and_then(|rows| rows[k]));
                    if !read.contains(&operand) && self.made.get(arg).is_none_or(|maker| !group.contains(maker)) {
                        read.push(operand);
                    }
                }
            }
            let left = group.iter().flat_map(|m| &func.insts[*m].results).filter(|r| leaves(func, group, r));
            sum += read.iter().map(|(v, _)| v).chain(left).map(|v| elements(func, *v)).sum::<f64>();
        }
        sum
    }
}

/// Elements of a value, all symbols alike.
fn elements(func: &Func, v: Value) -> f64 {
    func.ty(v).dims().into_iter().flatten().map(|d| alike(d).unwrap_or(0) as f64).product()
}

/// Whether anything outside a group reads a value.
fn leaves(func: &Func, group: &[usize], v: &Value) -> bool {
    let used = func.insts.iter().enumerate().any(|(i, inst)| !group.contains(&i) && inst.args.contains(v));
    used || func.results.contains(v)
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
            let made = role(maker, arg);
            let same = own.and_then(|p| p.rows[k]).is_some_and(|axis| made == Some(Role::Row(axis)));
            let passes = made.is_some() && !same;
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
    // What comes from outside, by how it is walked; and what is made inside.
    let mut outer: HashMap<(Value, Option<usize>), Value> = HashMap::new();
    let mut inner: HashMap<Value, Value> = HashMap::new();
    let rows = |m: &usize| plan.part[*m].as_ref().map_or(&[][..], |p| &p.rows);
    for m in group {
        for (arg, row) in func.insts[*m].args.iter().zip(rows(m)) {
            let made = group.iter().any(|g| func.insts[*g].results.contains(arg));
            if !made && !outer.contains_key(&(*arg, *row)) {
                let p = body.value(func.data(*arg).clone());
                body.params.push(p);
                body.rows.extend(row.map(|axis| (p, axis)));
                args.push(*arg);
                outer.insert((*arg, *row), p);
            }
        }
    }
    for m in group {
        let inst = &func.insts[*m];
        let own = |(arg, row): (&Value, &Option<usize>)| inner.get(arg).copied().unwrap_or_else(|| outer[&(*arg, *row)]);
        let own: Vec<Value> = inst.args.iter().zip(rows(m)).map(own).collect();
        let results = inst.results.iter().map(|r| {
            let ValueData { name, ty, loc } = func.data(*r).clone();
            let v = body.value(ValueData { name, ty, loc });
            inner.insert(*r, v);
            v
        });
        let results = results.collect();
        body.insts.push(Inst { op: inst.op.clone(), args: own, results });
    }
    let results: Vec<Value> =
        group.iter().flat_map(|m| &func.insts[*m].results).filter(|r| leaves(func, group, r)).copied().collect();
    body.results = results.iter().map(|r| inner[r]).collect();
    Inst { op: Op::Kernel(Box::new(body)), args, results }
}
