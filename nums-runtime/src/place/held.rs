//! What nodes hold while a finished placement runs, block by block.
//!
//! While tasks are being placed nobody knows which node will need a block last, so `load.rs` counts every copy until the last use
//! anywhere. Here all is known: a copy goes with the last task on its node that reads it, or the last copy that is made of it there.
//! What is copied to a node counts from the first moment at which the node may fetch it (`ahead`), as far as its memory allows: workers
//! keep to the same rule. A check that needs nothing of the simulation that made the plan.

use super::problem::NONE;
use super::{ClusterSpec, ahead};
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, Load, NodeId, Placement};
use std::collections::HashMap;

/// Tasks in the order in which they run. A copy is made just before its task (`before`), and copies are in that order too.
pub(super) trait Course {
    fn graph(&self) -> &Graph;
    /// The node of every input block.
    fn home(&self, block: usize) -> u32;
    /// Tasks and their nodes.
    fn tasks(&self) -> impl Iterator<Item = (u32, u32)>;
    /// Blocks that a task reads.
    fn operands(&self, task: u32) -> impl Iterator<Item = u32>;
    fn copies(&self) -> &[BlockCopy];

    fn outs(&self, task: u32) -> impl Iterator<Item = u32> {
        self.graph().tasks[task as usize].outs.iter().map(|b| b.0)
    }
}

/// A graph whose tasks stand in order, and a place for each.
impl Course for (&Graph, &Placement) {
    fn graph(&self) -> &Graph {
        self.0
    }

    fn home(&self, block: usize) -> u32 {
        self.1.homes[block].0
    }

    fn tasks(&self) -> impl Iterator<Item = (u32, u32)> {
        self.1.tasks.iter().enumerate().map(|(t, node)| (t as u32, node.0))
    }

    fn operands(&self, task: u32) -> impl Iterator<Item = u32> {
        let args = &self.0.tasks[task as usize].args;
        args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(b.0) } else { None })
    }

    fn copies(&self) -> &[BlockCopy] {
        &self.1.copies
    }
}

/// The loads in bytes.
pub(super) fn loads(course: &impl Course, spec: &ClusterSpec) -> Vec<Load> {
    let mut held = Held::of(course, spec.nodes.len());
    let mut incoming = Incoming::of(course, &held.sizes, spec);
    let mut copies = course.copies().iter().peekable();
    for (task, node) in course.tasks() {
        while let Some(c) = incoming.take(node as usize) {
            held.fetch_early(&course.copies()[c]);
        }
        while let Some(copy) = copies.next_if(|c| c.before.0 == task) {
            held.copy(copy);
        }
        incoming.begun[node as usize] += 1;
        held.run(course, task, node);
    }
    for ((load, most), node) in held.loads.iter_mut().zip(held.most).zip(&spec.nodes) {
        load.mem = load.mem.max(most.min(node.memory));
    }
    held.loads
}

/// What every node holds at one moment.
struct Held {
    sizes: Vec<u64>,
    loads: Vec<Load>,
    now: Vec<u64>,
    /// Bytes that were fetched before their task's turn, and the most that each node held with them.
    early: Vec<u64>,
    most: Vec<u64>,
    /// Who made or first held each block, and what that node will still do with it; one use more keeps it.
    owners: Vec<u32>,
    uses: Vec<u32>,
    /// The same of its copies, by block and node.
    copies: HashMap<(u32, u32), u32>,
}

impl Held {
    fn of(course: &impl Course, nodes: usize) -> Held {
        let graph = course.graph();
        let sizes = graph.block_bytes();
        let n = sizes.len();
        let n_inputs: usize = graph.inputs.iter().map(|a| graph.array(*a).grid.n_blocks()).sum();
        let mut owners = vec![NONE; n];
        (0..n_inputs).for_each(|b| owners[b] = course.home(b));
        for (task, node) in course.tasks() {
            course.outs(task).for_each(|b| owners[b as usize] = node);
        }
        let (loads, none) = (vec![Load::default(); nodes], vec![0; nodes]);
        let copies = HashMap::with_capacity(course.copies().len());
        let mut held =
            Held { sizes, loads, now: none.clone(), early: none.clone(), most: none, owners, uses: vec![0; n], copies };
        let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
        kept.flat_map(|a| graph.array(a).blocks()).for_each(|b| held.uses[b.0 as usize] += 1);
        course.copies().iter().for_each(|c| *held.uses_at(c.block.0, c.from.0) += 1);
        for (task, node) in course.tasks() {
            course.operands(task).for_each(|b| *held.uses_at(b, node) += 1);
        }
        (0..n_inputs).for_each(|b| held.hold(b as u32, held.owners[b]));
        held
    }

    fn uses_at(&mut self, block: u32, node: u32) -> &mut u32 {
        match self.owners[block as usize] == node {
            true => &mut self.uses[block as usize],
            false => self.copies.entry((block, node)).or_default(),
        }
    }

    fn hold(&mut self, block: u32, node: u32) {
        let at = node as usize;
        self.now[at] += self.sizes[block as usize];
        self.loads[at].mem = self.loads[at].mem.max(self.now[at]);
        self.most[at] = self.most[at].max(self.now[at] + self.early[at]);
    }

    fn fetch_early(&mut self, copy: &BlockCopy) {
        let at = copy.to.0 as usize;
        self.early[at] += self.sizes[copy.block.0 as usize];
        self.most[at] = self.most[at].max(self.now[at] + self.early[at]);
    }

    fn copy(&mut self, copy: &BlockCopy) {
        let (BlockId(block), NodeId(from), NodeId(to)) = (copy.block, copy.from, copy.to);
        let size = self.sizes[block as usize];
        self.loads[from as usize].net_out += size;
        self.loads[to as usize].net_in += size;
        self.early[to as usize] -= size;
        self.hold(block, to);
        self.used(block, from);
    }

    /// A node has done one thing with a block; with the last it lets go.
    fn used(&mut self, block: u32, node: u32) {
        let uses = self.uses_at(block, node);
        *uses -= 1;
        if *uses == 0 {
            self.now[node as usize] -= self.sizes[block as usize];
        }
    }

    fn run(&mut self, course: &impl Course, task: u32, node: u32) {
        course.outs(task).for_each(|b| self.hold(b, node));
        course.operands(task).for_each(|b| self.used(b, node));
        for b in course.outs(task).filter(|b| self.uses[*b as usize] == 0) {
            self.now[node as usize] -= self.sizes[b as usize];
        }
    }
}

/// The copies that every node is sent, in order, each with the number of the node's tasks after which it may be fetched.
struct Incoming {
    /// The next copy to each node, and the next after each copy.
    first: Vec<u32>,
    next: Vec<u32>,
    from: Vec<u32>,
    /// Tasks that each node has begun.
    begun: Vec<u32>,
}

impl Incoming {
    fn of(course: &impl Course, sizes: &[u64], spec: &ClusterSpec) -> Incoming {
        let (n, nodes) = (course.copies().len(), spec.nodes.len());
        let mut counts = vec![0; nodes];
        let mut last = vec![NONE; nodes];
        let mut all = Incoming { first: vec![NONE; nodes], next: vec![NONE; n], from: vec![0; n], begun: vec![0; nodes] };
        let mut copies = course.copies().iter().enumerate().peekable();
        for (task, node) in course.tasks() {
            while let Some((c, copy)) = copies.next_if(|(_, c)| c.before.0 == task) {
                let to = copy.to.0 as usize;
                let far = ahead(spec.nodes[to].threads, sizes[copy.block.0 as usize]) as u32;
                all.from[c] = (counts[to] + 1u32).saturating_sub(far);
                match std::mem::replace(&mut last[to], c as u32) {
                    NONE => all.first[to] = c as u32,
                    last => all.next[last as usize] = c as u32,
                }
            }
            counts[node as usize] += 1;
        }
        all
    }

    /// The next copy that a node may fetch now.
    fn take(&mut self, node: usize) -> Option<usize> {
        let c = Some(self.first[node]).filter(|c| *c != NONE)? as usize;
        (self.from[c] <= self.begun[node]).then(|| {
            self.first[node] = self.next[c];
            c
        })
    }
}
