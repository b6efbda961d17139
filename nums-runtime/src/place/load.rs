//! `Simulation`: the loads of every node while tasks are placed one after the other.
//!
//! Of every node: bytes of blocks held now and at most, bytes in and out and the time they take, and the time of its tasks.
//! `apply` runs a task on a node, `undo` takes the last one back, so that trial and commit are one piece of code. What a
//! node lacks is copied to it once. The copies of a block form a binomial tree over the nodes in the order in which they
//! need it: k nodes have it after ⌈log2 k⌉ rounds and no node sends more often than that. A block dies with its last use unless it
//! is kept. Scores compare integers, so ties break the same way everywhere. `trees.rs` joins partial results.

use super::held::{self, Course};
use super::problem::{NONE, Problem, time};
use super::{Score, trees};
use nums_ir::graph::{BlockCopy, BlockId, Graph, NodeId, TaskId};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// More bytes over the memory than any plan has that can run.
const IMPOSSIBLE: u64 = 1 << 60;
/// Marks an index into `spreads`.
const COPIED: u32 = 1 << 31;
/// Copies of a block after which membership is a bit and no longer looked for.
const FEW: usize = 8;

/// The state of a cluster while a plan is made.
pub struct Simulation<'p> {
    pub(super) problem: &'p Problem<'p>,
    pub(super) nodes: Vec<NodeState>,
    high: High,
    /// The node that made or first held each block; `COPIED` and an index into `spreads` for one that was copied.
    held: Vec<u32>,
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
struct Spread {
    owner: u32,
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
        let n_blocks = problem.n_blocks();
        let free = problem.has_free();
        let mut simulation = Simulation {
            problem,
            nodes: vec![NodeState::default(); problem.n_nodes()],
            high: High::default(),
            held: vec![NONE; n_blocks],
            spreads: Vec::new(),
            uses: problem.uses(),
            operands: if free { Cow::Owned(problem.operands.items.clone()) } else { Cow::Borrowed(&problem.operands.items) },
            joins: if free { trees::State::of(problem) } else { Vec::new() },
            placed: vec![NONE; problem.work.len()],
            sequence: free.then(|| Vec::with_capacity(problem.work.len())),
            copies: Vec::new(),
            journal: Vec::new(),
            before: High::default(),
            star: false,
        };
        for b in 0..problem.n_inputs {
            simulation.held[b] = problem.homes[b];
            simulation.hold(problem.homes[b] as usize, BlockId(b as u32));
        }
        simulation
    }

    /// All tasks placed by a policy. Where copies that are kept too long seem not to fit, it is seen whether they do.
    pub(super) fn of(problem: &'p Problem<'p>, policy: impl FnOnce(&mut Simulation<'p>)) -> Simulation<'p> {
        let mut simulation = Simulation::new(problem);
        policy(&mut simulation);
        if simulation.misfit() == 1 {
            let loads = held::loads(&simulation, problem.spec).into_iter().zip(&problem.spec.nodes);
            simulation.high.over = loads.map(|(load, node)| load.mem.saturating_sub(node.memory)).max().unwrap_or(0);
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

    /// Who got copies of a block, if anyone did.
    fn spread(&self, block: u32) -> Option<&Spread> {
        let held = self.held[block as usize];
        if held & COPIED == 0 || held == NONE { None } else { self.spreads.get((held & !COPIED) as usize) }
    }

    /// The node that made or held `block` first.
    pub fn owner(&self, block: BlockId) -> Option<NodeId> {
        let first = self.spread(block.0).map_or(self.held[block.0 as usize], |s| s.owner);
        Some(first).filter(|n| *n != NONE).map(NodeId)
    }

    /// Nodes that got a copy of `block`, in order.
    pub fn replicas(&self, block: BlockId) -> &[u32] {
        self.spread(block.0).map_or(&[], |s| &s.nodes)
    }

    /// Whether `node` has `block`.
    pub fn holds(&self, node: NodeId, block: BlockId) -> bool {
        let Some(spread) = self.spread(block.0) else { return self.held[block.0 as usize] == node.0 };
        match spread.bits.get(node.0 as usize / 64) {
            _ if spread.owner == node.0 => true,
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
        self.make_room(range.clone(), outs, at);
        for b in outs {
            self.held[b.0 as usize] = node.0;
            self.hold(at, *b);
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

    /// A task whose own blocks do not fit on its node cannot run there at all, whatever is kept on disk.
    fn make_room(&mut self, operands: Range<usize>, outs: &[BlockId], node: usize) {
        let mut last = NONE;
        // `x @ x` reads one block twice.
        let operands = self.operands[operands].iter().filter(|b| std::mem::replace(&mut last, **b) != **b);
        let blocks = operands.map(|b| BlockId(*b)).chain(outs.iter().copied());
        let need: u64 = blocks.map(|b| self.problem.bytes(b)).sum();
        if need > self.problem.spec.nodes[node].memory {
            self.high.over = self.high.over.max(IMPOSSIBLE + need);
        }
    }

    /// A node holds one block more.
    fn hold(&mut self, node: usize, block: BlockId) {
        let state = &mut self.nodes[node];
        state.mem += self.problem.bytes(block);
        state.grown += self.problem.size(block);
        state.peak = state.peak.max(state.mem);
        self.high.grown = self.high.grown.max(state.grown);
        let over = state.peak.saturating_sub(self.problem.spec.nodes[node].memory);
        self.high.over = self.high.over.max(over);
    }

    fn copy(&mut self, before: TaskId, block: u32, to: u32) {
        let held = &mut self.held[block as usize];
        if *held & COPIED == 0 {
            self.spreads.push(Spread { owner: *held, nodes: Vec::new(), bits: Vec::new() });
            *held = COPIED | (self.spreads.len() as u32 - 1);
        }
        let spread = &mut self.spreads[(*held & !COPIED) as usize];
        // In a binomial tree number j gets its copy from j without its highest bit; number 0 is the owner. Where many blocks
        // are spread at once the owner may have sent less than that node has.
        let (number, owner) = (spread.nodes.len() + 1, spread.owner);
        let parent = match number - (1 << number.ilog2()) {
            0 => owner,
            _ if self.star => owner,
            parent => spread.nodes[parent - 1],
        };
        let sent = |node: u32| self.nodes[node as usize].out_ns;
        let from = if sent(owner) < sent(parent) { owner } else { parent };
        spread.push(to, self.nodes.len());
        self.journal.push(Entry::Copied(block));
        let size = self.problem.size(BlockId(block));
        let nanos = self.problem.copy(BlockId(block), NodeId(from), NodeId(to));
        self.save(from as usize);
        let source = &mut self.nodes[from as usize];
        source.net_out += size;
        source.out_ns += nanos;
        self.high.net_out = self.high.net_out.max(source.net_out);
        self.high.out_ns = self.high.out_ns.max(source.out_ns);
        let target = &mut self.nodes[to as usize];
        target.net_in += size;
        target.in_ns += nanos;
        self.high.net_in = self.high.net_in.max(target.net_in);
        self.high.in_ns = self.high.in_ns.max(target.in_ns);
        self.high.moved += size;
        self.hold(to as usize, BlockId(block));
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
        let bytes = self.problem.bytes(BlockId(block));
        if let Some(NodeId(owner)) = self.owner(BlockId(block)) {
            self.save(owner as usize);
            self.nodes[owner as usize].mem -= bytes;
        }
        for i in 0..self.replicas(BlockId(block)).len() {
            let node = self.replicas(BlockId(block))[i] as usize;
            self.save(node);
            self.nodes[node].mem -= bytes;
        }
    }

    /// Takes back the last copy of a block. Most are of trials: what nobody got a copy of needs no list.
    fn unspread(&mut self, block: u32) {
        let at = (self.held[block as usize] & !COPIED) as usize;
        self.spreads[at].pop();
        if self.spreads[at].nodes.is_empty() && at + 1 == self.spreads.len() {
            self.held[block as usize] = self.spreads[at].owner;
            self.spreads.pop();
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
                    self.unspread(block);
                }
            }
        }
        self.high = self.before;
        self.placed[task.0 as usize] = NONE;
        for b in &self.problem.graph.tasks[task.0 as usize].outs {
            self.held[b.0 as usize] = NONE;
        }
        if let Some(sequence) = &mut self.sequence {
            sequence.pop();
        }
    }

    /// Estimated nanoseconds of all that is placed: the busiest node, receiver and sender one after the other. Memory over the
    /// cap counts as if it went over the network ten times.
    pub fn makespan(&self) -> u64 {
        self.high.busy + self.high.in_ns + self.high.out_ns + self.over_ns()
    }

    fn over_ns(&self) -> u64 {
        // Nothing takes longer than a year, so that sums stay sums.
        (time(self.high.over, self.problem.spec.link.bandwidth).saturating_mul(10)).min(1 << 55)
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

    /// The most bytes that a node holds over its memory: a plan that fits has none, and goes before one that does not.
    pub fn over(&self) -> u64 {
        self.high.over
    }

    /// How well the plan fits: wholly, with blocks kept on disk, or not at all.
    pub(super) fn misfit(&self) -> u8 {
        u8::from(self.high.over > 0) + u8::from(self.high.over >= IMPOSSIBLE)
    }

    /// What one more copy of a block adds to a score, about.
    pub fn in_score(&self, score: Score, block: BlockId, from: NodeId, to: NodeId) -> (u64, u64) {
        let (size, nanos) = (self.problem.size(block), self.problem.copy(block, from, to));
        match score {
            Score::Makespan => (nanos, size),
            Score::Reference => (size, size),
            Score::Net => (size, nanos),
        }
    }

    /// The score of a finished plan: a makespan is no shorter than the longest chain of its tasks and copies, which loads of nodes do not
    /// show.
    pub fn plan_score(&self) -> (u64, u64) {
        let (score, second) = self.score();
        match self.problem.spec.score {
            Score::Makespan => (score.max(self.chain()), second),
            Score::Reference | Score::Net => (score, second),
        }
    }

    /// Nanoseconds of the longest chain, if nothing ever waited for a busy node or connection.
    fn chain(&self) -> u64 {
        let problem = self.problem;
        // Times fit 32 bits in units that all work and all copies together allow.
        let copied = self.copies.iter().map(|c| problem.arrival(c.block, c.from, c.to));
        let unit = problem.work.iter().copied().chain(copied).fold(0, u64::saturating_add) >> 32;
        let short = |time: u64| (time / (unit + 1)) as u32;
        let mut made = vec![0u32; problem.n_blocks()];
        let mut there: HashMap<(u32, u32), u32> = HashMap::new();
        let mut copies = self.copies.iter().peekable();
        let mut longest = 0;
        let n_tasks = problem.work.len() as u32;
        let mut run = |t: u32| {
            while let Some(copy) = copies.next_if(|c| c.before.0 == t) {
                let b = copy.block.0;
                let from = there.get(&(b, copy.from.0)).copied().unwrap_or(made[b as usize]);
                there.insert((b, copy.to.0), from + short(problem.arrival(copy.block, copy.from, copy.to)));
            }
            let node = self.placed[t as usize];
            let operands = &self.operands[problem.operands.range(t as usize)];
            let ready = |b: &u32| match self.owner(BlockId(*b)) {
                Some(owner) if owner.0 == node => made[*b as usize],
                Some(_) | None => there.get(&(*b, node)).copied().unwrap_or(made[*b as usize]),
            };
            let end = operands.iter().map(ready).max().unwrap_or(0) + short(problem.work[t as usize]);
            problem.graph.tasks[t as usize].outs.iter().for_each(|b| made[b.0 as usize] = end);
            longest = longest.max(end);
        };
        match &self.sequence {
            Some(sequence) => sequence.iter().for_each(|t| run(*t)),
            None => (0..n_tasks).for_each(run),
        }
        u64::from(longest) * (unit + 1)
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

    /// Nodes of all tasks placed so far.
    pub(super) fn placed(&self) -> &[u32] {
        &self.placed
    }
}

impl Course for Simulation<'_> {
    fn graph(&self) -> &Graph {
        self.problem.graph
    }

    fn home(&self, block: usize) -> u32 {
        self.problem.homes[block]
    }

    fn tasks(&self) -> impl Iterator<Item = (u32, u32)> {
        let order = self.sequence.as_deref();
        (0..self.placed.len()).map(move |at| order.map_or(at as u32, |order| order[at])).map(|t| (t, self.placed[t as usize]))
    }

    fn operands(&self, task: u32) -> impl Iterator<Item = u32> {
        self.operands[self.problem.operands.range(task as usize)].iter().copied()
    }

    fn copies(&self) -> &[BlockCopy] {
        &self.copies
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
