//! `Problem`: a call as planning sees it, in flat tables that all policies share.
//!
//! From the graph: sizes of blocks, work of tasks, operands, how often each block is used, and the reductions (`Tree`: the
//! leaves in the order of their blocks, and the tasks that join them). From the caller: where inputs are and where blocks of
//! results shall be. A hint leads every task to the home of a result that it helps to make. Nothing here changes
//! while a plan is made; `load.rs` has what does.

use super::{ClusterSpec, LinkSpec, Order, Score};
use nums_ir::cost::{Cost, costs};
use nums_ir::graph::{Arg, BlockId, Graph, NodeId, Task, TaskId, TaskOp};
use std::collections::HashMap;

/// Flops a second of one thread, and bytes a second that it streams: round figures, only their ratio matters.
const FLOPS: u64 = 8_000_000_000;
const STREAM: u64 = 8_000_000_000;
/// How much faster a thread reads what its cache holds.
const CACHED: u64 = 4;
/// Nanoseconds that a task costs whatever it does.
const TASK: u64 = 2_000;

/// No node, task or block.
pub(super) const NONE: u32 = u32::MAX;

/// Nanoseconds of a task of this cost on one thread with so many bytes of cache.
pub(super) fn nanos(cost: Cost, cache: u64) -> u64 {
    let bytes = cost.bytes_in + cost.bytes_out;
    let stream = if bytes <= cache { CACHED * STREAM } else { STREAM };
    TASK + time(cost.flops, FLOPS) + time(bytes, stream)
}

/// Nanoseconds of so much at so much a second.
pub(super) fn time(amount: u64, rate: u64) -> u64 {
    // 2^34 · 10^9 < 2^64: what planning does most often needs no wide division.
    if amount < 1 << 34 {
        return amount * 1_000_000_000 / rate.max(1);
    }
    u64::try_from(u128::from(amount) * 1_000_000_000 / u128::from(rate.max(1))).unwrap_or(u64::MAX)
}

/// A call to be placed.
pub struct Problem<'a> {
    /// The tasks.
    pub graph: &'a Graph,
    /// The machines.
    pub spec: &'a ClusterSpec,
    /// The node of each block of an input, and of each block of a result where it shall be; `NONE` for others.
    pub(super) homes: Vec<u32>,
    /// Blocks of inputs come first; so many.
    pub(super) n_inputs: usize,
    /// What is known of the size of every block: an index into `sizes`. Most blocks of a call are of a few sizes.
    class: Vec<u32>,
    /// Size (bytes; elements for `Score::Reference`) and bytes.
    sizes: Vec<(u64, u64)>,
    /// The connection of every node.
    links: Vec<LinkSpec>,
    /// Nanoseconds of every task on one thread.
    pub(super) work: Vec<u64>,
    /// The first task that reads each block.
    pub(super) reader: Vec<u32>,
    pub(super) operands: Lists,
    /// The home of the result that most wants what a task makes.
    pub(super) hints: Vec<u32>,
    pub(super) trees: Vec<Tree>,
    /// The tree that each block is a leaf of.
    pub(super) leaf_of: Vec<u32>,
    /// Tasks that join leaves of a tree which may be joined in any order.
    pub(super) free: Vec<bool>,
}

/// Lists of numbers, end to end.
pub(super) struct Lists {
    pub(super) starts: Vec<u32>,
    pub(super) items: Vec<u32>,
}

impl Lists {
    pub(super) fn range(&self, i: usize) -> std::ops::Range<usize> {
        self.starts[i] as usize..self.starts[i + 1] as usize
    }

    pub(super) fn get(&self, i: usize) -> &[u32] {
        &self.items[self.range(i)]
    }
}

/// A reduction over blocks: leaves, and the tasks that join them two by two.
pub(super) struct Tree {
    /// Partial results, in the order of the blocks that they are of.
    pub(super) leaves: Vec<u32>,
    /// Tasks, the one that makes the result last.
    pub(super) joins: Vec<u32>,
}

impl Tree {
    pub(super) fn root(&self) -> u32 {
        self.joins[self.joins.len() - 1]
    }
}

impl<'a> Problem<'a> {
    /// `homes` has a node for each block of an input (where it is) and each block of a result (where it shall be), by
    /// `BlockId`; others are not looked at.
    pub fn new(graph: &'a Graph, spec: &'a ClusterSpec, homes: &[NodeId]) -> Problem<'a> {
        let n_blocks = graph.n_blocks();
        let n_inputs = graph.inputs.iter().map(|a| graph.array(*a).grid.n_blocks()).sum();
        let mut at = vec![NONE; n_blocks];
        let kept = || graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
        kept().flat_map(|a| graph.array(a).blocks()).for_each(|b| at[b.0 as usize] = homes[b.0 as usize].0);
        let mut operands = Lists { starts: Vec::with_capacity(graph.tasks.len() + 1), items: Vec::new() };
        operands.starts.push(0);
        let mut reader = vec![NONE; n_blocks];
        for (t, task) in graph.tasks.iter().enumerate() {
            for b in blocks(task) {
                operands.items.push(b.0);
                let first = &mut reader[b.0 as usize];
                *first = (*first).min(t as u32);
            }
            operands.starts.push(operands.items.len() as u32);
        }
        operands.items.shrink_to_fit();
        let costs = costs(graph);
        let mut work = Vec::with_capacity(costs.len());
        work.extend(costs.iter().map(|cost| nanos(*cost, spec.cache)));
        drop(costs);
        let (class, sizes) = classes(graph, spec.score);
        let links = (0..spec.nodes.len() as u32).map(|n| spec.link_of(NodeId(n))).collect();
        let mut problem = Problem {
            graph,
            spec,
            homes: at,
            n_inputs,
            class,
            sizes,
            links,
            work,
            reader,
            operands,
            hints: Vec::new(),
            trees: Vec::new(),
            leaf_of: Vec::new(),
            free: Vec::new(),
        };
        problem.find_hints();
        problem.find_trees();
        problem
    }

    /// Reductions: tasks that join blocks which nothing else reads.
    fn find_trees(&mut self) {
        let tasks = &self.graph.tasks;
        let uses = self.uses();
        self.leaf_of = vec![NONE; uses.len()];
        self.free = vec![false; tasks.len()];
        let mut tree_of = vec![NONE; tasks.len()];
        for (t, task) in tasks.iter().enumerate().rev() {
            let (TaskOp::Combine(op), [out]) = (&task.op, &task.outs[..]) else { continue };
            let reader = self.reader[out.0 as usize];
            let joined = uses[out.0 as usize] == 1
                && reader != NONE
                && matches!(&tasks[reader as usize].op, TaskOp::Combine(other) if other == op);
            if joined {
                tree_of[t] = tree_of[reader as usize];
            } else {
                tree_of[t] = self.trees.len() as u32;
                self.trees.push(Tree { leaves: Vec::new(), joins: Vec::new() });
            }
        }
        let mut maker = vec![NONE; uses.len()];
        for (t, tree) in tree_of.iter().enumerate().filter(|(_, tree)| **tree != NONE) {
            self.trees[*tree as usize].joins.push(t as u32);
            maker[tasks[t].outs[0].0 as usize] = t as u32;
        }
        for (i, tree) in self.trees.iter_mut().enumerate() {
            tree.joins.shrink_to_fit();
            tree.leaves.reserve_exact(tree.joins.len() + 1);
            // The left operand comes off the list first.
            let mut list: Vec<u32> = self.operands.get(tree.root() as usize).iter().rev().copied().collect();
            while let Some(b) = list.pop() {
                let t = maker[b as usize];
                if t != NONE && t != tree.root() && tree_of[t as usize] == i as u32 {
                    list.extend(self.operands.get(t as usize).iter().rev());
                } else {
                    tree.leaves.push(b);
                }
            }
            let once = tree.leaves.iter().all(|b| uses[*b as usize] == 1 && self.leaf_of[*b as usize] == NONE);
            if once {
                tree.leaves.iter().for_each(|b| self.leaf_of[*b as usize] = i as u32);
                // Two leaves can be joined in one way only.
                if self.spec.order == Order::Fastest && tree.leaves.len() > 2 {
                    tree.joins.iter().for_each(|t| self.free[*t as usize] = true);
                }
            }
        }
    }

    /// Backwards: each task asks for its operands at the node where it must or would run. A task that must run there needs the
    /// operand itself; another one could run elsewhere, and only what it makes would be missed, if that is less. The heaviest wish wins.
    fn find_hints(&mut self) {
        self.hints = vec![NONE; self.graph.tasks.len()];
        // The node and the weight of the heaviest wish for each block.
        let (mut nodes, mut weights) = (vec![NONE; self.class.len()], vec![0u64; self.class.len()]);
        for (t, task) in self.graph.tasks.iter().enumerate().rev() {
            let home = task.outs.iter().map(|b| self.homes[b.0 as usize]).find(|n| *n != NONE);
            let heaviest = || task.outs.iter().map(|b| b.0 as usize).max_by_key(|b| weights[*b]).map(|b| nodes[b]);
            let hint = home.or_else(heaviest).unwrap_or(NONE);
            self.hints[t] = hint;
            if hint == NONE {
                continue;
            }
            let wished = task.outs.iter().map(|b| weights[b.0 as usize]).max().unwrap_or(0);
            for b in self.operands.get(t) {
                let (size, b) = (self.size(BlockId(*b)), *b as usize);
                let weight = if home.is_some() { size } else { size.min(wished) };
                if nodes[b] == hint {
                    weights[b] += weight;
                } else if weight >= weights[b] {
                    (nodes[b], weights[b]) = (hint, weight);
                }
            }
        }
    }

    /// The node where a task must run because it makes a block of a result.
    pub fn home(&self, task: TaskId) -> Option<NodeId> {
        let outs = &self.graph.tasks[task.0 as usize].outs;
        outs.iter().map(|b| self.homes[b.0 as usize]).find(|n| *n != NONE).map(NodeId)
    }

    /// The home of the result that most wants what a task makes, itself or what is made of it.
    pub fn hint(&self, task: TaskId) -> Option<NodeId> {
        Some(self.hints[task.0 as usize]).filter(|n| *n != NONE).map(NodeId)
    }

    /// Blocks that a task reads.
    pub fn operands(&self, task: TaskId) -> impl Iterator<Item = BlockId> + '_ {
        self.operands.get(task.0 as usize).iter().map(|b| BlockId(*b))
    }

    /// The size of a block, in bytes, or in elements for `Score::Reference`.
    pub fn size(&self, block: BlockId) -> u64 {
        self.sizes[self.class[block.0 as usize] as usize].0
    }

    /// How many blocks there are.
    pub fn n_blocks(&self) -> usize {
        self.class.len()
    }

    /// Operands of each block; blocks of inputs and results count one more: inputs belong to the caller, results to whoever
    /// holds them, neither dies in the call.
    pub(super) fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.n_blocks()];
        self.homes.iter().zip(&mut uses).for_each(|(home, n)| *n = u32::from(*home != NONE));
        for b in &self.operands.items {
            uses[*b as usize] += 1;
        }
        uses
    }

    /// Bytes of a block.
    pub fn bytes(&self, block: BlockId) -> u64 {
        self.sizes[self.class[block.0 as usize] as usize].1
    }

    /// Nanoseconds that so many bytes take between two nodes: the slower connection counts.
    pub fn transfer(&self, bytes: u64, from: NodeId, to: NodeId) -> u64 {
        let (a, b) = (self.links[from.0 as usize], self.links[to.0 as usize]);
        time(bytes, a.bandwidth.min(b.bandwidth))
    }

    /// Nanoseconds until a block that is sent is there.
    pub(super) fn arrival(&self, block: BlockId, from: NodeId, to: NodeId) -> u64 {
        let (a, b) = (self.links[from.0 as usize], self.links[to.0 as usize]);
        a.latency.max(b.latency) + self.transfer(self.bytes(block), from, to)
    }

    /// Nanoseconds for which a copy keeps both its ends busy: a message and its bytes.
    pub fn copy(&self, block: BlockId, from: NodeId, to: NodeId) -> u64 {
        let (a, b) = (self.links[from.0 as usize], self.links[to.0 as usize]);
        a.message().max(b.message()) + self.transfer(self.bytes(block), from, to)
    }

    /// The task that makes each block.
    pub(super) fn makers(&self) -> Vec<u32> {
        let mut makers = vec![NONE; self.n_blocks()];
        for (t, task) in self.graph.tasks.iter().enumerate() {
            task.outs.iter().for_each(|b| makers[b.0 as usize] = t as u32);
        }
        makers
    }

    /// How many nodes there are.
    pub fn n_nodes(&self) -> usize {
        self.spec.nodes.len()
    }

    /// Tasks that join leaves of a tree which may be joined in any order.
    pub(super) fn into_free(self) -> Vec<bool> {
        self.free
    }

    /// Whether anything is left to a plan but where tasks run.
    pub(super) fn has_free(&self) -> bool {
        self.free.contains(&true)
    }
}

fn blocks(task: &Task) -> impl Iterator<Item = BlockId> + '_ {
    task.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None })
}

/// The class of every block, and size and bytes of every class.
fn classes(graph: &Graph, score: Score) -> (Vec<u32>, Vec<(u64, u64)>) {
    let elements = graph.block_elements();
    let mut known: HashMap<(u64, u64), u32> = HashMap::new();
    let (mut class, mut sizes) = (Vec::with_capacity(elements.len()), Vec::new());
    for array in &graph.arrays {
        let item = array.dtype.size() as u64;
        let (mut last, mut at) = (None, 0);
        for b in array.blocks() {
            let elements = elements[b.0 as usize];
            let size = match score {
                Score::Reference => (elements, elements * item),
                Score::Makespan | Score::Net => (elements * item, elements * item),
            };
            if last != Some(size) {
                at = *known.entry(size).or_insert(sizes.len() as u32);
                if at as usize == sizes.len() {
                    sizes.push(size);
                }
                last = Some(size);
            }
            class.push(at);
        }
    }
    (class, sizes)
}
