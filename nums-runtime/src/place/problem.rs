//! `Problem`: a call as planning sees it, in flat tables that all policies share.
//!
//! From the graph: sizes of blocks, work of tasks, operands, how often each block is used, and the reductions (`Tree`: the
//! leaves in the order of their blocks, and the tasks that join them). From the caller: where inputs are and where blocks of
//! results shall be. A hint leads every task to the home of a result that it helps to make. Nothing here changes
//! while a plan is made; `load.rs` has what does.

use super::{ClusterSpec, Order, Score};
use nums_ir::cost::{Cost, costs};
use nums_ir::graph::{Arg, BlockId, Graph, NodeId, Task, TaskId, TaskOp};

/// Flops a second of one thread, and bytes a second that it streams: round figures, only their ratio matters.
const FLOPS: u64 = 8_000_000_000;
const STREAM: u64 = 8_000_000_000;
/// Nanoseconds that a task costs whatever it does.
const TASK: u64 = 2_000;

/// No node, task or block.
pub(super) const NONE: u32 = u32::MAX;

/// Nanoseconds of a task of this cost on one thread.
pub(super) fn nanos(cost: Cost) -> u64 {
    let time = |amount: u64, rate: u64| (u128::from(amount) * 1_000_000_000 / u128::from(rate)) as u64;
    TASK + time(cost.flops, FLOPS) + time(cost.bytes_in + cost.bytes_out, STREAM)
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
    /// Size of every block, in bytes; in elements for `Score::Reference`.
    pub(super) sizes: Vec<u64>,
    /// Nanoseconds of every task on one thread.
    pub(super) work: Vec<u64>,
    /// Operands of each block; blocks of inputs and results count one more.
    pub(super) uses: Vec<u32>,
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
        let mut uses = vec![0; n_blocks];
        for b in kept().flat_map(|a| graph.array(a).blocks()) {
            // Inputs belong to the caller, results to whoever holds them: neither dies in the call.
            uses[b.0 as usize] += 1;
            at[b.0 as usize] = homes[b.0 as usize].0;
        }
        let mut operands = Lists { starts: vec![0], items: Vec::new() };
        let mut reader = vec![NONE; n_blocks];
        for (t, task) in graph.tasks.iter().enumerate() {
            for b in blocks(task) {
                operands.items.push(b.0);
                uses[b.0 as usize] += 1;
                let first = &mut reader[b.0 as usize];
                *first = (*first).min(t as u32);
            }
            operands.starts.push(operands.items.len() as u32);
        }
        let work = costs(graph).into_iter().map(nanos).collect();
        let mut sizes = graph.block_elements();
        if spec.score != Score::Reference {
            for array in &graph.arrays {
                array.blocks().for_each(|b| sizes[b.0 as usize] *= array.dtype.size() as u64);
            }
        }
        let mut problem = Problem {
            graph,
            spec,
            homes: at,
            n_inputs,
            sizes,
            work,
            uses,
            reader,
            operands,
            hints: Vec::new(),
            trees: Vec::new(),
            leaf_of: vec![NONE; n_blocks],
            free: vec![false; graph.tasks.len()],
        };
        problem.find_trees();
        problem.find_hints();
        problem
    }

    /// Reductions: tasks that join blocks which nothing else reads.
    fn find_trees(&mut self) {
        let tasks = &self.graph.tasks;
        let mut tree_of = vec![NONE; tasks.len()];
        for (t, task) in tasks.iter().enumerate().rev() {
            let (TaskOp::Combine(op), [out]) = (&task.op, &task.outs[..]) else { continue };
            let reader = self.reader[out.0 as usize];
            let joined = self.uses[out.0 as usize] == 1
                && reader != NONE
                && matches!(&tasks[reader as usize].op, TaskOp::Combine(other) if other == op);
            if joined {
                tree_of[t] = tree_of[reader as usize];
            } else {
                tree_of[t] = self.trees.len() as u32;
                self.trees.push(Tree { leaves: Vec::new(), joins: Vec::new() });
            }
        }
        let mut maker = vec![NONE; self.uses.len()];
        for (t, tree) in tree_of.iter().enumerate().filter(|(_, tree)| **tree != NONE) {
            self.trees[*tree as usize].joins.push(t as u32);
            maker[tasks[t].outs[0].0 as usize] = t as u32;
        }
        for (i, tree) in self.trees.iter_mut().enumerate() {
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
            let once = tree.leaves.iter().all(|b| self.uses[*b as usize] == 1 && self.leaf_of[*b as usize] == NONE);
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
        let mut wishes = vec![(NONE, 0u64); self.sizes.len()];
        for (t, task) in self.graph.tasks.iter().enumerate().rev() {
            let home = task.outs.iter().map(|b| self.homes[b.0 as usize]).find(|n| *n != NONE);
            let heaviest = || task.outs.iter().map(|b| wishes[b.0 as usize]).max_by_key(|w| w.1).map(|w| w.0);
            let hint = home.or_else(heaviest).unwrap_or(NONE);
            self.hints[t] = hint;
            if hint == NONE {
                continue;
            }
            let wished = task.outs.iter().map(|b| wishes[b.0 as usize].1).max().unwrap_or(0);
            for b in self.operands.get(t) {
                let size = self.sizes[*b as usize];
                let weight = if home.is_some() { size } else { size.min(wished) };
                let wish = &mut wishes[*b as usize];
                if wish.0 == hint {
                    wish.1 += weight;
                } else if weight >= wish.1 {
                    *wish = (hint, weight);
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
        self.sizes[block.0 as usize]
    }

    /// The task that makes each block.
    pub(super) fn makers(&self) -> Vec<u32> {
        let mut makers = vec![NONE; self.sizes.len()];
        for (t, task) in self.graph.tasks.iter().enumerate() {
            task.outs.iter().for_each(|b| makers[b.0 as usize] = t as u32);
        }
        makers
    }

    /// How many nodes there are.
    pub fn n_nodes(&self) -> usize {
        self.spec.nodes.len()
    }

    /// Whether anything is left to a plan but where tasks run.
    pub(super) fn has_free(&self) -> bool {
        self.free.contains(&true)
    }
}

fn blocks(task: &Task) -> impl Iterator<Item = BlockId> + '_ {
    task.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None })
}
