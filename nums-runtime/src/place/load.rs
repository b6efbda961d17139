//! `Simulation`: the loads of every node while tasks are placed one after the other.
//!
//! Of every node: bytes of blocks held now and at most, bytes in and out and the time they take, and the time of its tasks.
//! `apply` runs a task on a node, `undo` takes the last one back, so that trial and commit are one piece of code. What a
//! node lacks is copied to it once. The copies of a block form a binomial tree over the nodes in the order in which they
//! need it: k nodes have it after ⌈log2 k⌉ rounds and no node sends more often than that. A block dies with its last use unless it
//! is kept. Scores compare integers, so ties break the same way everywhere. `trees.rs` joins partial results.

use super::problem::{NONE, Problem};
use super::{Score, trees};
use nums_ir::graph::{BlockCopy, BlockId, NodeId, TaskId};
use std::borrow::Cow;

/// Nanoseconds that a message costs its sender and its receiver besides its bytes: about what one takes over loopback.
const MESSAGE: u64 = 20_000;
/// Copies of a block after which membership is a bit and no longer looked for.
const FEW: usize = 8;

/// The state of a cluster while a plan is made.
pub struct Simulation<'p> {
    pub(super) problem: &'p Problem<'p>,
    pub(super) nodes: Vec<NodeState>,
    high: High,
    /// The node that made or first held each block.
    owner: Vec<u32>,
    /// Index into `spreads` of each block that was copied.
    spread: Vec<u32>,
    spreads: Vec<Spread>,
    uses: Vec<u32>,
    /// Operands of all tasks; joins of free trees get theirs when they are chosen.
    operands: Cow<'p, [u32]>,
    pub(super) joins: Vec<trees::State>,
    placed: Vec<u32>,
    /// Tasks in the order in which they were placed, if it is not the graph's.
    sequence: Option<Vec<u32>>,
    copies: Vec<BlockCopy>,
    journal: Vec<Entry>,
    before: High,
    star: bool,
}

/// Loads of one node.
#[derive(Clone, Copy, Default)]
pub(super) struct NodeState {
    /// Bytes of blocks now, at most, and ever.
    mem: u64,
    pub(super) peak: u64,
    grown: u64,
    /// Nanoseconds of its tasks.
    pub(super) busy: u64,
    pub(super) net_in: u64,
    pub(super) net_out: u64,
    /// Nanoseconds of its messages.
    in_ns: u64,
    out_ns: u64,
}

/// Maxima over nodes, and the sum of all bytes moved.
#[derive(Clone, Copy, Default)]
struct High {
    grown: u64,
    net_in: u64,
    net_out: u64,
    busy: u64,
    in_ns: u64,
    out_ns: u64,
    over: u64,
    moved: u64,
}

/// Nodes with copies of a block, in the order in which they got it.
#[derive(Default)]
struct Spread {
    nodes: Vec<u32>,
    /// One bit a node once there are more than `FEW`.
    bits: Vec<u64>,
}

/// What `apply` changed, to be taken back in reverse.
#[derive(Clone, Copy)]
enum Entry {
    Node(u32, NodeState),
    Copied(u32),
    Used(u32),
}

impl<'p> Simulation<'p> {
    /// No task placed; the inputs' blocks stand at their nodes.
    pub fn new(problem: &'p Problem<'p>) -> Simulation<'p> {
        let n_blocks = problem.sizes.len();
        let free = problem.has_free();
        let mut simulation = Simulation {
            problem,
            nodes: vec![NodeState::default(); problem.n_nodes()],
            high: High::default(),
            owner: vec![NONE; n_blocks],
            spread: vec![NONE; n_blocks],
            spreads: Vec::new(),
            uses: problem.uses.clone(),
            operands: if free { Cow::Owned(problem.operands.items.clone()) } else { Cow::Borrowed(&problem.operands.items) },
            joins: if free { trees::State::of(problem) } else { Vec::new() },
            placed: vec![NONE; problem.work.len()],
            sequence: free.then(Vec::new),
            copies: Vec::new(),
            journal: Vec::new(),
            before: High::default(),
            star: false,
        };
        for b in 0..problem.n_inputs {
            simulation.owner[b] = problem.homes[b];
            simulation.hold(problem.homes[b] as usize, problem.sizes[b]);
        }
        simulation
    }

    /// From now on the first holder of a block sends all its copies.
    pub(super) fn send_from_first(&mut self) {
        self.star = true;
    }

    /// From here on the order in which tasks are placed is the order in which they run.
    pub(super) fn keep_sequence(&mut self) {
        self.sequence.get_or_insert_default();
    }

    /// What is being placed.
    pub fn problem(&self) -> &'p Problem<'p> {
        self.problem
    }

    /// The node that made or held `block` first.
    pub fn owner(&self, block: BlockId) -> Option<NodeId> {
        Some(self.owner[block.0 as usize]).filter(|n| *n != NONE).map(NodeId)
    }

    /// Nodes that got a copy of `block`, in order.
    pub fn replicas(&self, block: BlockId) -> &[u32] {
        match self.spread[block.0 as usize] {
            NONE => &[],
            s => &self.spreads[s as usize].nodes,
        }
    }

    /// Whether `node` has `block`.
    pub fn holds(&self, node: NodeId, block: BlockId) -> bool {
        let b = block.0 as usize;
        if self.owner[b] == node.0 {
            return true;
        }
        let Some(spread) = self.spreads.get(self.spread[b] as usize) else { return false };
        match spread.bits.get(node.0 as usize / 64) {
            Some(word) => word >> (node.0 % 64) & 1 == 1,
            None => spread.nodes.contains(&node.0),
        }
    }

    /// Whether `task` has a node.
    pub fn is_placed(&self, task: TaskId) -> bool {
        self.placed[task.0 as usize] != NONE
    }

    /// The operands of a join, which the graph does not fix.
    pub(super) fn set_operands(&mut self, task: u32, a: u32, b: u32) {
        let at = self.problem.operands.range(task as usize).start;
        let operands = self.operands.to_mut();
        operands[at] = a;
        operands[at + 1] = b;
    }

    /// Runs `task` on `node`: copies what it lacks, makes its blocks, frees what it used last.
    pub fn apply(&mut self, task: TaskId, node: NodeId) {
        self.journal.clear();
        self.before = self.high;
        let (t, at) = (task.0 as usize, node.0 as usize);
        self.save(at);
        let range = self.problem.operands.range(t);
        for i in range.clone() {
            let b = self.operands[i];
            if !self.holds(node, BlockId(b)) {
                self.copy(task, b, node.0);
            }
        }
        let outs = &self.problem.graph.tasks[t].outs;
        for b in outs {
            self.owner[b.0 as usize] = node.0;
            self.hold(at, self.problem.sizes[b.0 as usize]);
        }
        let state = &mut self.nodes[at];
        state.busy += self.problem.work[t] / self.problem.spec.nodes[at].threads.max(1) as u64;
        self.high.busy = self.high.busy.max(state.busy);
        for i in range {
            self.used(self.operands[i]);
        }
        for b in outs {
            if self.uses[b.0 as usize] == 0 {
                self.free(b.0);
            }
        }
        self.placed[t] = node.0;
        if let Some(sequence) = &mut self.sequence {
            sequence.push(task.0);
        }
    }

    fn save(&mut self, node: usize) {
        self.journal.push(Entry::Node(node as u32, self.nodes[node]));
    }

    /// A node holds so many bytes more.
    fn hold(&mut self, node: usize, bytes: u64) {
        let state = &mut self.nodes[node];
        state.mem += bytes;
        state.grown += bytes;
        state.peak = state.peak.max(state.mem);
        self.high.grown = self.high.grown.max(state.grown);
        let over = state.peak.saturating_sub(self.problem.spec.nodes[node].memory);
        self.high.over = self.high.over.max(over);
    }

    fn copy(&mut self, before: TaskId, block: u32, to: u32) {
        let b = block as usize;
        if self.spread[b] == NONE {
            self.spread[b] = self.spreads.len() as u32;
            self.spreads.push(Spread::default());
        }
        let spread = &mut self.spreads[self.spread[b] as usize];
        // In a binomial tree number j gets its copy from j without its highest bit; number 0 is the owner. Where many blocks
        // are spread at once the owner may have sent less than that node has.
        let (number, owner) = (spread.nodes.len() + 1, self.owner[b]);
        let parent = match number - (1 << number.ilog2()) {
            0 => owner,
            _ if self.star => owner,
            parent => spread.nodes[parent - 1],
        };
        let sent = |node: u32| self.nodes[node as usize].out_ns;
        let from = if sent(owner) < sent(parent) { owner } else { parent };
        spread.push(to, self.nodes.len());
        self.journal.push(Entry::Copied(block));
        let bytes = self.problem.sizes[b];
        let nanos = MESSAGE + self.transfer(bytes);
        self.save(from as usize);
        let source = &mut self.nodes[from as usize];
        source.net_out += bytes;
        source.out_ns += nanos;
        self.high.net_out = self.high.net_out.max(source.net_out);
        self.high.out_ns = self.high.out_ns.max(source.out_ns);
        let target = &mut self.nodes[to as usize];
        target.net_in += bytes;
        target.in_ns += nanos;
        self.high.net_in = self.high.net_in.max(target.net_in);
        self.high.in_ns = self.high.in_ns.max(target.in_ns);
        self.high.moved += bytes;
        self.hold(to as usize, bytes);
        self.copies.push(BlockCopy { before, block: BlockId(block), from: NodeId(from), to: NodeId(to) });
    }

    /// One use of a block is done.
    fn used(&mut self, block: u32) {
        self.uses[block as usize] -= 1;
        self.journal.push(Entry::Used(block));
        if self.uses[block as usize] == 0 {
            self.free(block);
        }
    }

    /// The bytes of a block go everywhere.
    fn free(&mut self, block: u32) {
        let bytes = self.problem.sizes[block as usize];
        let owner = self.owner[block as usize] as usize;
        self.save(owner);
        self.nodes[owner].mem -= bytes;
        for i in 0..self.replicas(BlockId(block)).len() {
            let node = self.replicas(BlockId(block))[i] as usize;
            self.save(node);
            self.nodes[node].mem -= bytes;
        }
    }

    /// Takes back the last `apply`.
    pub fn undo(&mut self, task: TaskId) {
        while let Some(entry) = self.journal.pop() {
            match entry {
                Entry::Node(node, state) => self.nodes[node as usize] = state,
                Entry::Used(block) => self.uses[block as usize] += 1,
                Entry::Copied(block) => {
                    self.copies.pop();
                    self.spreads[self.spread[block as usize] as usize].pop();
                }
            }
        }
        self.high = self.before;
        self.placed[task.0 as usize] = NONE;
        for b in &self.problem.graph.tasks[task.0 as usize].outs {
            self.owner[b.0 as usize] = NONE;
        }
        if let Some(sequence) = &mut self.sequence {
            sequence.pop();
        }
    }

    /// Nanoseconds that bytes take on a link.
    pub fn transfer(&self, bytes: u64) -> u64 {
        let link = self.problem.spec.link.bandwidth.max(1);
        // Bytes of a block fit 54 bits, so this does not overflow for 2^64 / 10^9 = 18 GB; above, precision is not needed.
        if bytes < 1 << 34 { bytes * 1_000_000_000 / link } else { bytes / link * 1_000_000_000 }
    }

    /// Estimated nanoseconds of all that is placed: the busiest node, receiver and sender one after the other. Memory over the
    /// cap counts as if it went over the network ten times.
    pub fn makespan(&self) -> u64 {
        self.high.busy + self.high.in_ns + self.high.out_ns + 10 * self.transfer(self.high.over)
    }

    /// The paper's objective: maxima over nodes of what was ever held, received and sent.
    pub fn objective(&self) -> u64 {
        self.high.grown + self.high.net_in + self.high.net_out
    }

    /// The score that the spec asks for, and what decides between equal ones; less is better.
    pub fn score(&self) -> (u64, u64) {
        self.score_by(self.problem.spec.score)
    }

    /// Another score, as `score`.
    pub fn score_by(&self, score: Score) -> (u64, u64) {
        match score {
            Score::Makespan => (self.makespan(), self.high.moved),
            Score::Reference => (self.objective(), self.high.moved),
            Score::Net => (self.high.moved, self.makespan()),
        }
    }

    /// What one more copy of so many bytes adds to a score, about.
    pub fn in_score(&self, score: Score, size: u64) -> (u64, u64) {
        match score {
            Score::Makespan => (MESSAGE + self.transfer(size), size),
            Score::Reference => (size, size),
            Score::Net => (size, MESSAGE + self.transfer(size)),
        }
    }

    /// The load of one node as a number that breaks ties: time, then bytes.
    pub fn load(&self, node: NodeId) -> (u64, u64) {
        let state = &self.nodes[node.0 as usize];
        (state.busy + state.in_ns + state.out_ns, state.grown)
    }

    /// Size of all that went over the network so far.
    pub fn moved(&self) -> u64 {
        self.high.moved
    }

    /// Nodes of all tasks, the tasks in the order in which they ran if it is not the graph's, and the copies.
    pub(super) fn into_parts(self) -> Parts {
        Parts { placed: self.placed, sequence: self.sequence, operands: self.operands.into_owned(), copies: self.copies }
    }

    /// Copies so far.
    pub(super) fn copies(&self) -> &[BlockCopy] {
        &self.copies
    }

    /// Nodes of all tasks placed so far.
    pub(super) fn placed(&self) -> &[u32] {
        &self.placed
    }
}

/// What is left of a simulation that is done.
pub(super) struct Parts {
    pub(super) placed: Vec<u32>,
    pub(super) sequence: Option<Vec<u32>>,
    pub(super) operands: Vec<u32>,
    pub(super) copies: Vec<BlockCopy>,
}

impl Spread {
    fn push(&mut self, node: u32, n_nodes: usize) {
        self.nodes.push(node);
        if self.nodes.len() == FEW + 1 {
            self.bits = vec![0; n_nodes.div_ceil(64)];
            self.nodes.iter().for_each(|n| self.bits[*n as usize / 64] |= 1 << (n % 64));
        } else if let Some(word) = self.bits.get_mut(node as usize / 64) {
            *word |= 1 << (node % 64);
        }
    }

    fn pop(&mut self) {
        let Some(node) = self.nodes.pop() else { return };
        if self.nodes.len() <= FEW {
            self.bits.clear();
        } else {
            self.bits[node as usize / 64] &= !(1 << (node % 64));
        }
    }
}
