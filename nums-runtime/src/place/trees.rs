//! Reductions in the order `Fastest`: partial results are joined as they appear.
//!
//! A node keeps one partial result of a reduction and joins each further one to it at once, so a reduction starts before all
//! its inputs exist and holds one block a node. When the last leaf is there, the k nodes' results are joined in a binomial
//! tree that ends where the result shall be: k - 1 blocks move, in ⌈log2 k⌉ rounds. Which task of the graph makes which
//! join is decided here; they all do the same to blocks of one shape.

use super::load::Simulation;
use super::problem::{NONE, Problem};
use nums_ir::graph::{BlockId, NodeId, TaskId};

/// How far a reduction is.
pub(super) struct State {
    /// The node and its partial result so far, by node.
    partials: Vec<(u32, u32)>,
    /// Leaves to come.
    left: u32,
    /// Joins done.
    done: u32,
}

impl State {
    pub(super) fn of(problem: &Problem<'_>) -> Vec<State> {
        problem.trees.iter().map(|t| State { partials: Vec::new(), left: t.leaves.len() as u32, done: 0 }).collect()
    }
}

impl Simulation<'_> {
    /// The nodes that hold partial results of the reduction that `block` is a leaf of.
    pub(super) fn has_partial(&self, block: BlockId, node: NodeId) -> Option<bool> {
        let partials = &self.open(block)?.partials;
        (!partials.is_empty()).then(|| partials.binary_search_by_key(&node.0, |p| p.0).is_ok())
    }

    /// A node that holds a partial result of the reduction that `block` is a leaf of: the one that got it last.
    pub(super) fn last_partial(&self, block: BlockId) -> Option<NodeId> {
        self.open(block)?.partials.last().map(|p| NodeId(p.0))
    }

    fn open(&self, block: BlockId) -> Option<&State> {
        let tree = self.problem.leaf_of[block.0 as usize];
        if tree == NONE || !self.problem.free[self.problem.trees[tree as usize].root() as usize] {
            return None;
        }
        self.joins.get(tree as usize)
    }

    /// Joins what `task` has made to the reductions that wait for it.
    pub(super) fn settle(&mut self, task: TaskId) {
        let problem = self.problem;
        for b in &problem.graph.tasks[task.0 as usize].outs {
            let tree = problem.leaf_of[b.0 as usize];
            if tree != NONE && problem.free[problem.trees[tree as usize].root() as usize] {
                self.leaf(tree as usize, b.0);
            }
        }
    }

    fn leaf(&mut self, tree: usize, block: u32) {
        let Some(node) = self.owner(BlockId(block)) else { return };
        let state = &mut self.joins[tree];
        state.left -= 1;
        let left = state.left;
        match state.partials.binary_search_by_key(&node.0, |p| p.0) {
            Ok(i) if left > 0 => {
                let sum = state.partials[i].1;
                let sum = self.join(tree, sum, block, node);
                self.joins[tree].partials[i].1 = sum;
            }
            Ok(i) => state.partials.insert(i + 1, (node.0, block)),
            Err(i) => state.partials.insert(i, (node.0, block)),
        }
        if left == 0 {
            self.finish(tree);
        }
    }

    /// Joins two partial results of `tree` on `node`; the new one.
    fn join(&mut self, tree: usize, a: u32, b: u32, node: NodeId) -> u32 {
        let task = self.next_join(tree, a, b);
        self.apply(task, node);
        self.problem.graph.tasks[task.0 as usize].outs[0].0
    }

    /// The task that joins two partial results of `tree`; the last one makes the reduction's result.
    pub(super) fn next_join(&mut self, tree: usize, a: u32, b: u32) -> TaskId {
        let state = &mut self.joins[tree];
        let task = self.problem.trees[tree].joins[state.done as usize];
        state.done += 1;
        self.set_operands(task, a, b);
        TaskId(task)
    }

    /// Joins the nodes' results where the reduction's result shall be.
    fn finish(&mut self, tree: usize) {
        let root = TaskId(self.problem.trees[tree].root());
        let mut list = std::mem::take(&mut self.joins[tree].partials);
        // The last leaf stands beside the sum of its node, unless theirs is the last join.
        if let Some(i) = (1..list.len()).find(|i| list[*i].0 == list[i - 1].0).filter(|_| list.len() > 2) {
            list[i - 1].1 = self.join(tree, list[i - 1].1, list[i].1, NodeId(list[i].0));
            list.remove(i);
        }
        let target = self.target(root, &list);
        let first = list.iter().position(|p| p.0 == target.0).unwrap_or(0);
        list.rotate_left(first);
        while list.len() > 1 {
            let last = list.len() == 2;
            let mut next = Vec::with_capacity(list.len().div_ceil(2));
            for pair in list.chunks(2) {
                match *pair {
                    [(node, a), (_, b)] => {
                        let node = if last { target } else { NodeId(node) };
                        next.push((node.0, self.join(tree, a, b, node)));
                    }
                    [one] => next.push(one),
                    _ => unreachable!("chunks of two"),
                }
            }
            list = next;
        }
        self.settle(root);
    }

    /// Where a reduction ends: at the home of its result, else where its result leads, else on the least loaded node that has
    /// a part.
    fn target(&self, root: TaskId, list: &[(u32, u32)]) -> NodeId {
        let hint = self.problem.hint(root).filter(|h| list.iter().any(|p| p.0 == h.0));
        let least = || list.iter().map(|p| NodeId(p.0)).min_by_key(|n| (self.load(*n), *n));
        self.problem.home(root).or(hint).or_else(least).unwrap_or_default()
    }
}
