//! `Simulation`: the loads of every node while tasks are placed one after the other.
//!
//! Three loads a node, in bytes: blocks held now and at most (`mem`), bytes in, bytes out; and the time that its tasks take by
//! flops and bytes touched. One `apply` with `undo` serves trial and commit. A block is copied from the node that made it to
//! each other node that needs it, once (replicas are remembered), and dies with its last use unless it is a result: then its
//! bytes are released everywhere. The score is an estimate of the makespan: slowest node, plus the busiest links, plus a
//! penalty for memory over the cap. Comparing scores compares integers, so that ties break the same way everywhere.

use super::ClusterSpec;
use nums_ir::cost::{Cost, cost};
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, Load, NodeId, Placement, TaskId};

/// Flops a second of one thread, and bytes a second that it streams: round figures, only their ratio matters.
const FLOPS: u64 = 8_000_000_000;
const STREAM: u64 = 8_000_000_000;
/// Nanoseconds that a task costs whatever it does.
const TASK: u64 = 2_000;

/// The state of a cluster while a plan is made.
pub struct Simulation<'a> {
    graph: &'a Graph,
    spec: &'a ClusterSpec,
    nodes: Vec<NodeState>,
    /// Maxima over nodes of what only grows.
    high: High,
    /// Nodes that hold each block; the first made it.
    holders: Vec<Vec<NodeId>>,
    bytes: Vec<u64>,
    /// Uses of each block that are still to come; results count one more.
    uses: Vec<u32>,
    costs: Vec<Cost>,
    placed: Vec<Option<NodeId>>,
    homes: Vec<NodeId>,
    copies: Vec<BlockCopy>,
}

#[derive(Clone, Copy, Default)]
struct NodeState {
    load: Load,
    peak: u64,
    busy: u64,
}

#[derive(Clone, Copy, Default)]
struct High {
    peak: u64,
    net_in: u64,
    net_out: u64,
    busy: u64,
}

/// What `apply` changed, to be taken back.
pub struct Undo {
    task: TaskId,
    nodes: Vec<(usize, NodeState)>,
    high: High,
    copied: Vec<BlockId>,
    copies: usize,
    used: Vec<BlockId>,
    freed: Vec<BlockId>,
}

impl<'a> Simulation<'a> {
    /// No task placed; the inputs' blocks stand at their nodes.
    pub fn new(graph: &'a Graph, spec: &'a ClusterSpec, inputs: &[NodeId]) -> Simulation<'a> {
        let n_blocks = graph.n_blocks();
        let mut bytes = Vec::with_capacity(n_blocks);
        for array in &graph.arrays {
            for i in 0..array.grid.n_blocks() {
                let elements: usize = array.grid.block_shape_at(i).iter().product();
                bytes.push((elements * array.dtype.size()) as u64);
            }
        }
        let mut uses = vec![0; n_blocks];
        for arg in graph.tasks.iter().flat_map(|t| &t.args) {
            if let Arg::Block(b) = arg {
                uses[b.0 as usize] += 1;
            }
        }
        // Inputs belong to the caller, results to whoever holds them: neither dies in the call.
        let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
        for b in kept.flat_map(|a| graph.array(a).blocks()) {
            uses[b.0 as usize] += 1;
        }
        let mut nodes = vec![NodeState::default(); spec.nodes.len()];
        let mut holders = vec![Vec::new(); n_blocks];
        for (b, home) in inputs.iter().enumerate() {
            holders[b].push(*home);
            let state = &mut nodes[home.0 as usize];
            state.load.mem += bytes[b];
            state.peak = state.load.mem;
        }
        let high = High { peak: nodes.iter().map(|n| n.peak).max().unwrap_or(0), ..High::default() };
        Simulation {
            graph,
            spec,
            nodes,
            high,
            holders,
            bytes,
            uses,
            costs: (0..graph.tasks.len()).map(|t| cost(graph, TaskId(t as u32))).collect(),
            placed: vec![None; graph.tasks.len()],
            homes: inputs.to_vec(),
            copies: Vec::new(),
        }
    }

    /// What is being placed.
    pub fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// How many nodes there are.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The node that made or holds `block` first.
    pub fn owner(&self, block: BlockId) -> Option<NodeId> {
        self.holders[block.0 as usize].first().copied()
    }

    /// Bytes of `block`.
    pub fn bytes(&self, block: BlockId) -> u64 {
        self.bytes[block.0 as usize]
    }

    /// Runs `task` on `node`: copies what it lacks, makes its blocks, frees what it used last.
    pub fn apply(&mut self, task: TaskId, node: NodeId) -> Undo {
        let graph = self.graph;
        let mut undo = Undo {
            task,
            nodes: Vec::new(),
            high: self.high,
            copied: Vec::new(),
            copies: self.copies.len(),
            used: Vec::new(),
            freed: Vec::new(),
        };
        let at = node.0 as usize;
        self.save(at, &mut undo);
        let work = &graph.tasks[task.0 as usize];
        let operands = work.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None });
        for b in operands.clone() {
            if !self.holders[b.0 as usize].contains(&node) {
                self.copy(task, b, node, &mut undo);
            }
        }
        for b in &work.outs {
            self.holders[b.0 as usize].push(node);
            self.nodes[at].load.mem += self.bytes[b.0 as usize];
        }
        let Cost { bytes_in, bytes_out, flops } = self.costs[task.0 as usize];
        let threads = self.spec.nodes[at].threads.max(1) as u64;
        let nanos = |amount: u64, rate: u64| (u128::from(amount) * 1_000_000_000 / u128::from(rate)) as u64;
        self.nodes[at].busy += (TASK + nanos(flops, FLOPS) + nanos(bytes_in + bytes_out, STREAM)) / threads;
        self.nodes[at].peak = self.nodes[at].peak.max(self.nodes[at].load.mem);
        self.high.peak = self.high.peak.max(self.nodes[at].peak);
        self.high.busy = self.high.busy.max(self.nodes[at].busy);
        self.high.net_in = self.high.net_in.max(self.nodes[at].load.net_in);
        for b in operands.chain(work.outs.iter().copied().filter(|b| self.uses[b.0 as usize] == 0).collect::<Vec<_>>()) {
            self.used(b, &mut undo);
        }
        self.placed[task.0 as usize] = Some(node);
        undo
    }

    fn save(&mut self, node: usize, undo: &mut Undo) {
        if undo.nodes.iter().all(|(n, _)| *n != node) {
            undo.nodes.push((node, self.nodes[node]));
        }
    }

    fn copy(&mut self, before: TaskId, block: BlockId, to: NodeId, undo: &mut Undo) {
        let Some(from) = self.owner(block) else { return };
        let bytes = self.bytes[block.0 as usize];
        self.save(from.0 as usize, undo);
        let source = &mut self.nodes[from.0 as usize].load;
        source.net_out += bytes;
        self.high.net_out = self.high.net_out.max(source.net_out);
        let target = &mut self.nodes[to.0 as usize].load;
        target.net_in += bytes;
        target.mem += bytes;
        self.holders[block.0 as usize].push(to);
        self.copies.push(BlockCopy { before, block, from, to });
        undo.copied.push(block);
    }

    /// One use of a block is done; after the last its bytes go everywhere.
    fn used(&mut self, block: BlockId, undo: &mut Undo) {
        let b = block.0 as usize;
        if self.uses[b] > 0 {
            self.uses[b] -= 1;
            undo.used.push(block);
        }
        if self.uses[b] == 0 {
            for i in 0..self.holders[b].len() {
                let node = self.holders[b][i].0 as usize;
                self.save(node, undo);
                self.nodes[node].load.mem -= self.bytes[b];
            }
            undo.freed.push(block);
        }
    }

    /// Takes back what `apply` did; the last one first.
    pub fn undo(&mut self, undo: Undo) {
        for block in &undo.used {
            self.uses[block.0 as usize] += 1;
        }
        for b in &self.graph.tasks[undo.task.0 as usize].outs {
            self.holders[b.0 as usize].pop();
        }
        for block in undo.copied.iter().rev() {
            self.holders[block.0 as usize].pop();
        }
        self.copies.truncate(undo.copies);
        for (node, state) in undo.nodes {
            self.nodes[node] = state;
        }
        self.high = undo.high;
        self.placed[undo.task.0 as usize] = None;
    }

    /// Estimated nanoseconds of all that is placed, memory over the cap counted as if it went over the network ten times; less
    /// is better.
    pub fn score(&self) -> u64 {
        let transfer = |bytes: u64| (u128::from(bytes) * 1_000_000_000 / u128::from(self.spec.link.bandwidth.max(1))) as u64;
        let cap = self.spec.nodes.iter().map(|n| n.memory).min().unwrap_or(u64::MAX);
        let over = self.high.peak.saturating_sub(cap);
        self.high.busy + transfer(self.high.net_in) + transfer(self.high.net_out) + 10 * transfer(over)
    }

    /// The load of one node as a number that breaks ties: busy time, then bytes.
    pub fn load(&self, node: NodeId) -> (u64, u64) {
        let state = &self.nodes[node.0 as usize];
        (state.busy, state.load.mem + state.load.net_in + state.load.net_out)
    }

    /// Bytes that went over the network so far.
    pub fn moved(&self) -> u64 {
        self.nodes.iter().map(|n| n.load.net_in).sum()
    }

    /// The placement; memory is each node's peak.
    pub fn finish(self, policy: &str) -> Placement {
        Placement {
            policy: policy.to_owned(),
            tasks: self.placed.into_iter().map(Option::unwrap_or_default).collect(),
            homes: self.homes,
            loads: self.nodes.iter().map(|n| Load { mem: n.peak, ..n.load }).collect(),
            copies: self.copies,
        }
    }
}
