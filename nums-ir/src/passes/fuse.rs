//! Element-wise chains and the reductions that end them become kernels. Runs last.
//!
//! Instructions of one index space (the shape of an element-wise result, the operand's shape of a reduction) share a kernel
//! when one feeds the other or both read the same value, and when the kernel would not wait for itself: no path may leave it
//! and come back. Everything else (products, views, `solve`, creation) stands between kernels. Constants, sizes and
//! arithmetic on plain scalars are cheap and are repeated in every kernel that uses them, as are views that add axes. A
//! value of a smaller shape is computed once, in its own kernel, and enters as an operand.
//!
//! Whether two sizes are equal may be known only when they are bound; a kernel whose index space then turns out to be two is
//! taken apart, and the function fused anew (`settle`).
//!
//! Fusing moves no bits: the same scalar operations run in the same order, and a reduction accumulates in an order that
//! depends on the block's shape alone.

use crate::func::{Func, IndexItem, Inst, Op, Stage, Value, ValueData};
use crate::pass::{Changed, Pass};
use crate::types::Shape;
use petgraph::algo::has_path_connecting;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, HashMap};

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "fuse", about: "groups element-wise chains and their reductions into kernels", run };

/// What an instruction is to fusion.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Repeated in every kernel that uses it: constants, sizes, arithmetic on plain scalars.
    Cheap,
    /// Adds axes only: repeated in kernels as well.
    View,
    /// Element-wise or a reduction.
    Data,
    /// Ends kernels.
    Barrier,
}

/// In place of `PASS`: every operator is a kernel of its own, to compare with.
pub const APART: Pass = Pass { name: "apart", about: "makes a kernel of every element-wise operator and reduction", run: apart };

fn run(func: &mut Func) -> Changed {
    let mut plan = Plan::new(func);
    for i in 0..func.insts.len() {
        plan.place(func, i);
    }
    build(func, &plan)
}

fn apart(func: &mut Func) -> Changed {
    let mut plan = Plan::new(func);
    for i in 0..func.insts.len() {
        plan.place_alone(func, i);
    }
    build(func, &plan)
}

fn build(func: &mut Func, plan: &Plan) -> Changed {
    let order = plan.order(func);
    let mut made = 0;
    let mut insts = Vec::new();
    for members in order {
        match members[..] {
            [one] if plan.stands_alone(&func.insts[one].op, one) => insts.push(func.insts[one].clone()),
            _ if plan.keeps(func, &members) => {
                insts.push(kernel(func, plan, &members, format!("k{made}")));
                made += 1;
            }
            _ => {}
        }
    }
    func.insts = insts;
    // Kernels have taken copies of views and constants: the originals are left only where something else uses them.
    (super::dce::PASS.run)(func);
    func.stage = Stage::Fused;
    Changed::of(made > 0)
}

/// Fuses anew if bound sizes gave a kernel two index spaces.
pub(crate) fn settle(func: &mut Func) {
    fn legal(inst: &Inst) -> bool {
        let Op::Kernel(body) = &inst.op else { return true };
        if !body.rows.is_empty() {
            return crate::panel::roles(body).is_ok() && body.insts.iter().all(legal);
        }
        let mut spaces = body.insts.iter().filter_map(|i| own_space(body, i));
        let first = spaces.next();
        spaces.all(|space| Some(space) == first)
    }
    if func.insts.iter().all(legal) {
        return;
    }
    // Panels hold kernels.
    while func.insts.iter().any(|i| matches!(i.op, Op::Kernel(_))) {
        for inst in std::mem::take(&mut func.insts) {
            if let Op::Kernel(body) = &inst.op {
                inline(func, body, &inst.args, &inst.results);
            } else {
                func.insts.push(inst);
            }
        }
    }
    (super::cse::PASS.run)(func);
    (PASS.run)(func);
    (super::panel::PASS.run)(func);
}

/// The index space that an instruction of a body asks for; 0-d values have a place in every kernel.
fn own_space<'a>(body: &'a Func, inst: &Inst) -> Option<&'a Shape> {
    let elementwise = matches!(inst.op, Op::Map(_) | Op::Cast(_)) && body.ty(inst.results[0]).rank() != Some(0);
    (elementwise || matches!(inst.op, Op::Reduce { .. })).then(|| space(body, inst))
}

/// Puts the instructions of a kernel in its place.
fn inline(func: &mut Func, body: &Func, args: &[Value], results: &[Value]) {
    let mut outer: HashMap<Value, Value> = body.params.iter().copied().zip(args.iter().copied()).collect();
    outer.extend(body.results.iter().copied().zip(results.iter().copied()));
    for inst in &body.insts {
        let mut made = Vec::with_capacity(inst.results.len());
        for own in &inst.results {
            let result = *outer.entry(*own).or_insert_with(|| func.value(body.data(*own).clone()));
            func.values[result.0 as usize].ty = body.data(*own).ty.clone();
            made.push(result);
        }
        let args = inst.args.iter().map(|a| outer[a]).collect();
        func.insts.push(Inst { op: inst.op.clone(), args, results: made });
    }
}

struct Plan {
    /// Role of each instruction.
    role: Vec<Role>,
    /// Instruction that defines each value.
    def: HashMap<Value, usize>,
    /// Cluster of each instruction; a barrier is one of its own.
    cluster: Vec<NodeIndex>,
    /// Passes that must be complete before each instruction can run: reductions on the longest way to it.
    level: Vec<usize>,
    /// Clusters and who feeds whom; a weight lists the members.
    graph: DiGraph<Vec<usize>, ()>,
    /// Values used by barriers or returned: cheap ones among them need a kernel after all.
    exposed: Vec<bool>,
}

impl Plan {
    fn new(func: &Func) -> Plan {
        let def: HashMap<Value, usize> =
            func.insts.iter().enumerate().flat_map(|(i, inst)| inst.results.iter().map(move |r| (*r, i))).collect();
        let mut role: Vec<Role> = Vec::with_capacity(func.insts.len());
        for inst in &func.insts {
            // Plain scalars are weak parameters; a 0-d array is data.
            let plain = |v: &Value| match def.get(v) {
                Some(d) => role[*d] == Role::Cheap,
                None => func.ty(*v).weak,
            };
            role.push(match &inst.op {
                Op::Const(_) | Op::Dim(_) => Role::Cheap,
                Op::Map(_) | Op::Cast(_) if inst.args.iter().all(plain) => Role::Cheap,
                Op::Map(_) | Op::Cast(_) => Role::Data,
                Op::Reduce { .. } => Role::Data,
                Op::Index { items } if adds_axes(items) && !func.ty(inst.args[0]).weak => Role::View,
                Op::Index { .. }
                | Op::ShapeOf { .. }
                | Op::Matmul { .. }
                | Op::Contract(_)
                | Op::Transpose { .. }
                | Op::Reshape { .. }
                | Op::Concatenate { .. }
                | Op::Fill { .. }
                | Op::Arange { .. }
                | Op::Eye { .. }
                | Op::Solve
                | Op::Data(_)
                | Op::Call(_)
                | Op::Item
                | Op::Choose
                | Op::Kernel(_) => Role::Barrier,
            });
        }
        let mut exposed = vec![false; func.values.len()];
        let by_barrier = func.insts.iter().zip(&role).filter(|(_, r)| matches!(r, Role::Barrier | Role::View));
        let reduced = func.insts.iter().filter(|i| matches!(i.op, Op::Reduce { .. }));
        for v in by_barrier.flat_map(|(i, _)| &i.args).chain(reduced.flat_map(|i| &i.args)).chain(&func.results) {
            exposed[v.0 as usize] = true;
        }
        let level = levels(func, &def);
        Plan { role, def, cluster: Vec::new(), level, graph: DiGraph::new(), exposed }
    }

    /// The values that instruction `i` waits for, looking through what is repeated.
    fn sources(&self, func: &Func, i: usize) -> Vec<Value> {
        let mut out = Vec::new();
        for arg in &func.insts[i].args {
            match self.def.get(arg) {
                Some(d) if self.role[*d] == Role::Cheap && !matches!(func.insts[i].op, Op::Reduce { .. }) => {}
                Some(d) if self.role[*d] == Role::View && self.sees_through(func, i) => out.push(func.insts[*d].args[0]),
                _ => out.push(*arg),
            }
        }
        out
    }

    /// A view is repeated only for element-wise operators; a reduction reads it as an operand.
    fn sees_through(&self, func: &Func, i: usize) -> bool {
        matches!(func.insts[i].op, Op::Map(_) | Op::Cast(_))
    }

    /// Puts instruction `i` into a cluster of its index space, or into one of its own.
    fn place(&mut self, func: &Func, i: usize) {
        let sources = self.sources(func, i);
        let feeds: Vec<NodeIndex> = sources.iter().filter_map(|v| self.def.get(v)).map(|d| self.cluster[*d]).collect();
        let mut home = None;
        if self.role[i] == Role::Data {
            let space = space(func, &func.insts[i]);
            let fits = |c: &NodeIndex| {
                let members = &self.graph[*c];
                let first = members.first().map(|m| &func.insts[*m]);
                members.first().is_some_and(|m| self.role[*m] == Role::Data)
                    && first.map(|f| self::space(func, f)) == Some(space)
                    && self.related(func, members, &sources)
                    && self.readable(func, members, &sources)
                    && feeds.iter().all(|f| f == c || !has_path_connecting(&self.graph, *c, *f, None))
            };
            // What waits for as many passes shares one: a sum of what a later pass reads again does not wait for that.
            let own = |c: &NodeIndex| self.graph[*c].iter().map(|m| self.level[*m]).max() == Some(self.level[i]);
            let all = || self.graph.node_indices().rev();
            home = all().find(|c| own(c) && fits(c)).or_else(|| all().find(fits));
        }
        let home = home.unwrap_or_else(|| self.graph.add_node(Vec::new()));
        self.graph[home].push(i);
        self.cluster.push(home);
        for f in feeds.iter().filter(|f| **f != home) {
            self.graph.update_edge(*f, home, ());
        }
        // Only now: a path between two of them may lead through a third.
        for f in feeds {
            if f != home && !self.graph[f].is_empty() {
                self.absorb(func, f, home);
            }
        }
    }

    /// Puts instruction `i` into a cluster of its own.
    fn place_alone(&mut self, func: &Func, i: usize) {
        let home = self.graph.add_node(vec![i]);
        for feed in self.sources(func, i).iter().filter_map(|v| self.def.get(v)).map(|d| self.cluster[*d]) {
            self.graph.update_edge(feed, home, ());
        }
        self.cluster.push(home);
    }

    /// Takes a cluster of the same space that feeds `home` into it, if no other cluster stands between them.
    fn absorb(&mut self, func: &Func, feed: NodeIndex, home: NodeIndex) {
        let (from, to) = (&self.graph[feed], &self.graph[home]);
        let data = |m: &[usize]| self.role[m[0]] == Role::Data;
        let between = |a, b| self.graph.neighbors(a).any(|n| n != b && has_path_connecting(&self.graph, n, b, None));
        let reads: Vec<Value> = to.iter().flat_map(|m| self.sources(func, *m)).collect();
        let fits = data(from)
            && data(to)
            && space(func, &func.insts[from[0]]) == space(func, &func.insts[to[0]])
            && self.readable(func, from, &reads)
            && !between(feed, home)
            && !between(home, feed);
        if !fits {
            return;
        }
        for m in std::mem::take(&mut self.graph[feed]) {
            self.cluster[m] = home;
            self.graph[home].push(m);
        }
        self.graph[home].sort_unstable();
        let before: Vec<NodeIndex> = self.graph.neighbors_directed(feed, petgraph::Incoming).collect();
        let after: Vec<NodeIndex> = self.graph.neighbors(feed).filter(|n| *n != home).collect();
        self.graph.retain_edges(|graph, e| graph.edge_endpoints(e).is_some_and(|(a, b)| a != feed && b != feed));
        for (a, b) in before.into_iter().map(|n| (n, home)).chain(after.into_iter().map(|n| (home, n))) {
            self.graph.update_edge(a, b, ());
        }
    }

    /// Whether a member feeds the instruction, or both read one value.
    fn related(&self, func: &Func, members: &[usize], sources: &[Value]) -> bool {
        sources.iter().any(|s| members.iter().any(|m| func.insts[*m].results.contains(s) || self.sources(func, *m).contains(s)))
    }

    /// A reduction's result is complete only after the kernel: its own kernel cannot read it.
    fn readable(&self, func: &Func, members: &[usize], sources: &[Value]) -> bool {
        !members
            .iter()
            .any(|m| matches!(func.insts[*m].op, Op::Reduce { .. }) && func.insts[*m].results.iter().any(|r| sources.contains(r)))
    }

    /// The clusters in an order in which operands come first; among free ones the one that began first.
    fn order(&self, func: &Func) -> Vec<Vec<usize>> {
        let mut waiting: BTreeMap<usize, NodeIndex> =
            self.graph.node_indices().filter_map(|n| Some((*self.graph[n].first()?, n))).collect();
        // A cluster that another took in is empty and has no edges.
        let mut done = vec![false; self.graph.node_count()];
        let mut out = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let ready = |n: NodeIndex| self.graph.neighbors_directed(n, petgraph::Incoming).all(|p| done[p.index()]);
            let next = waiting.iter().find(|(_, n)| ready(**n)).map(|(first, n)| (*first, *n));
            let (first, node) = next.unwrap_or_else(|| panic!("kernels of `{}` wait for each other", func.name));
            waiting.remove(&first);
            done[node.index()] = true;
            out.push(self.graph[node].clone());
        }
        out
    }

    /// Whether an instruction is left as it is: all but data and scalar arithmetic.
    fn stands_alone(&self, op: &Op, i: usize) -> bool {
        match self.role[i] {
            Role::Barrier | Role::View => true,
            Role::Cheap => matches!(op, Op::Const(_) | Op::Dim(_)),
            Role::Data => false,
        }
    }

    /// Whether a cluster needs a kernel: scalar arithmetic only where a barrier or the caller reads it.
    fn keeps(&self, func: &Func, members: &[usize]) -> bool {
        let inst = &func.insts[members[0]];
        self.role[members[0]] == Role::Data || self.exposed[inst.results[0].0 as usize]
    }
}

/// By instruction: how many reductions stand on the longest way to it.
fn levels(func: &Func, def: &HashMap<Value, usize>) -> Vec<usize> {
    let mut level: Vec<usize> = Vec::with_capacity(func.insts.len());
    for inst in &func.insts {
        let before = inst.args.iter().filter_map(|arg| def.get(arg));
        let passes = before.map(|d| level[*d] + usize::from(matches!(func.insts[*d].op, Op::Reduce { .. })));
        level.push(passes.max().unwrap_or(0));
    }
    level
}

/// `x[:, None]` and the like: full slices and new axes.
fn adds_axes(items: &[IndexItem]) -> bool {
    let mut adds = false;
    let only = items.iter().all(|item| match item {
        IndexItem::NewAxis => {
            adds = true;
            true
        }
        IndexItem::Slice { start: None, stop: None, step: 1 } | IndexItem::Ellipsis => true,
        IndexItem::Slice { .. } | IndexItem::At(_) => false,
    });
    only && adds
}

/// The index space of an element-wise operator or a reduction.
fn space<'a>(func: &'a Func, inst: &Inst) -> &'a Shape {
    match inst.op {
        Op::Reduce { .. } => &func.ty(inst.args[0]).shape,
        _ => &func.ty(inst.results[0]).shape,
    }
}

/// Makes the kernel of a cluster: its operands are what comes from outside, its results what is used outside.
fn kernel(func: &Func, plan: &Plan, members: &[usize], name: String) -> Inst {
    let mut body = Body { func, plan, out: Func::new(name), args: Vec::new(), map: HashMap::new(), views: HashMap::new() };
    body.out.stage = Stage::Fused;
    // Parameters, then views, then cheap scalars come before the members, whatever the order of their first use.
    for m in members {
        body.operands(*m);
    }
    if plan.role[members[0]] == Role::Cheap {
        body.cheap(func.insts[members[0]].results[0]);
    } else {
        for m in members {
            body.member(*m);
        }
    }
    let inside = |i: usize| members.contains(&i);
    let mut results = Vec::new();
    for r in members.iter().flat_map(|m| &func.insts[*m].results) {
        let returned = func.results.contains(r);
        let used = func.insts.iter().enumerate().any(|(i, inst)| !inside(i) && inst.args.contains(r));
        if returned || used {
            results.push(*r);
        }
    }
    if results.is_empty() {
        results = func.insts[members[0]].results.clone();
    }
    body.out.results = results.iter().map(|r| body.map[r]).collect();
    Inst { op: Op::Kernel(Box::new(body.out)), args: body.args, results }
}

struct Body<'a> {
    func: &'a Func,
    plan: &'a Plan,
    out: Func,
    args: Vec<Value>,
    /// Values of the function that are known in the body.
    map: HashMap<Value, Value>,
    /// Parameters by the outside value that they carry; a view has a parameter of its own.
    views: HashMap<Value, Value>,
}

impl Body<'_> {
    fn define(&mut self, v: Value, op: Op, args: Vec<Value>) -> Value {
        let ValueData { name, ty, loc } = self.func.data(v).clone();
        let new = self.out.value(ValueData { name, ty, loc });
        self.out.insts.push(Inst { op, args, results: vec![new] });
        self.map.insert(v, new);
        new
    }

    fn param(&mut self, v: Value) -> Value {
        let data = self.func.data(v).clone();
        let p = self.out.value(data);
        self.out.params.push(p);
        self.args.push(v);
        p
    }

    /// Parameters and views for the operands of a member.
    fn operands(&mut self, m: usize) {
        let inst = &self.func.insts[m];
        for arg in &inst.args {
            if self.map.contains_key(arg) {
                continue;
            }
            let def = self.plan.def.get(arg).copied();
            let role = def.map(|d| self.plan.role[d]);
            let member = def.is_some_and(|d| self.plan.cluster[d] == self.plan.cluster[m]);
            match (def, role) {
                (Some(d), Some(Role::View)) if self.plan.sees_through(self.func, m) => {
                    if let std::collections::hash_map::Entry::Vacant(slot) = self.views.entry(*arg) {
                        let inner = self.func.insts[d].args[0];
                        slot.insert(inner);
                        let p = self.param(inner);
                        self.define(*arg, self.func.insts[d].op.clone(), vec![p]);
                    }
                }
                (Some(d), Some(Role::Cheap)) if !matches!(inst.op, Op::Reduce { .. }) => self.operands(d),
                _ if member => {}
                _ => {
                    let p = self.param(*arg);
                    self.map.insert(*arg, p);
                }
            }
        }
    }

    /// A cheap value and what it is made of.
    fn cheap(&mut self, v: Value) -> Value {
        if let Some(known) = self.map.get(&v) {
            return *known;
        }
        let inst = &self.func.insts[self.plan.def[&v]];
        let args = inst.args.iter().map(|a| self.cheap(*a)).collect();
        self.define(v, inst.op.clone(), args)
    }

    fn member(&mut self, m: usize) {
        let inst = &self.func.insts[m];
        let args = inst.args.iter().map(|a| self.cheap(*a)).collect();
        self.define(inst.results[0], inst.op.clone(), args);
    }
}
