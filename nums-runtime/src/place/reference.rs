//! `lshs-reference`: the search of the public reference implementation, for comparison.
//!
//! A frontier holds the tasks whose operands exist, and the reductions whose leaves all exist. One of them is drawn at random
//! (seed 1337) and goes where the objective (maxima over nodes of elements ever held, received and sent, when the score
//! asks for it in elements) is least; only nodes that hold an operand are candidates, the first wins a tie. A reduction takes its
//! leaves in the order of their nodes and joins the first two of a queue. The first holder sends all copies of a block.
//! Unlike there, candidates are in the order of nodes (there the order of a hash set), and a task's
//! work is not dealt again for shared sub-expressions.

use super::Simulation;
use super::problem::NONE;
use nums_ir::graph::{BlockId, NodeId, TaskId};
use std::collections::VecDeque;

/// The seed that all published uses have.
const SEED: u64 = 1337;

/// What can be placed next.
#[derive(Clone, Copy)]
enum Ready {
    Task(u32),
    /// A reduction that may be joined in any order.
    Tree(u32),
}

struct Search {
    frontier: Vec<Ready>,
    /// Operands of each task that are not made.
    missing: Vec<u32>,
    /// Leaves of each reduction that are not made.
    leaves: Vec<u32>,
    /// Tasks that read each block.
    readers: Vec<Vec<u32>>,
    queues: Vec<VecDeque<u32>>,
    state: u64,
}

pub(super) fn place(simulation: &mut Simulation<'_>) {
    simulation.send_from_first();
    simulation.keep_sequence();
    let problem = simulation.problem();
    let n_tasks = problem.work.len();
    let mut search = Search {
        frontier: Vec::new(),
        missing: vec![0; n_tasks],
        leaves: problem.trees.iter().map(|t| t.leaves.len() as u32).collect(),
        readers: vec![Vec::new(); problem.n_blocks()],
        queues: vec![VecDeque::new(); problem.trees.len()],
        state: SEED,
    };
    for t in 0..n_tasks as u32 {
        if problem.free[t as usize] {
            continue;
        }
        for b in problem.operands(TaskId(t)) {
            if b.0 as usize >= problem.n_inputs {
                search.missing[t as usize] += 1;
                search.readers[b.0 as usize].push(t);
            }
        }
        if search.missing[t as usize] == 0 {
            search.frontier.push(Ready::Task(t));
        }
    }
    // Leaves that are inputs exist already.
    for b in 0..problem.n_inputs {
        search.leaf(simulation, b as u32);
    }
    while let Some(ready) = search.draw() {
        let made = match ready {
            Ready::Task(t) => {
                let operands: Vec<BlockId> = problem.operands(TaskId(t)).collect();
                let node = cheapest(simulation, TaskId(t), &operands);
                simulation.apply(TaskId(t), node);
                TaskId(t)
            }
            Ready::Tree(tree) => match search.join(simulation, tree) {
                Some(root) => root,
                None => continue,
            },
        };
        for b in &problem.graph.tasks[made.0 as usize].outs {
            search.made(simulation, b.0);
        }
    }
}

impl Search {
    /// One of the frontier, each as likely (SplitMix64, Steele et al. 2014).
    fn draw(&mut self) -> Option<Ready> {
        if self.frontier.is_empty() {
            return None;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let at = ((z ^ (z >> 31)) % self.frontier.len() as u64) as usize;
        Some(self.frontier.swap_remove(at))
    }

    /// A block exists: tasks and reductions that waited for it may be ready.
    fn made(&mut self, simulation: &Simulation<'_>, block: u32) {
        for t in std::mem::take(&mut self.readers[block as usize]) {
            self.missing[t as usize] -= 1;
            if self.missing[t as usize] == 0 {
                self.frontier.push(Ready::Task(t));
            }
        }
        self.leaf(simulation, block);
    }

    fn leaf(&mut self, simulation: &Simulation<'_>, block: u32) {
        let problem = simulation.problem();
        let tree = problem.leaf_of[block as usize];
        if tree == NONE || !problem.free[problem.trees[tree as usize].root() as usize] {
            return;
        }
        self.leaves[tree as usize] -= 1;
        if self.leaves[tree as usize] == 0 {
            let mut leaves = problem.trees[tree as usize].leaves.clone();
            leaves.sort_by_key(|b| simulation.owner(BlockId(*b)));
            self.queues[tree as usize] = leaves.into();
            self.frontier.push(Ready::Tree(tree));
        }
    }

    /// Joins the first two blocks of a reduction's queue; the task if it was the last one.
    fn join(&mut self, simulation: &mut Simulation<'_>, tree: u32) -> Option<TaskId> {
        let queue = &mut self.queues[tree as usize];
        let (a, b) = (queue.pop_front()?, queue.pop_front()?);
        let last = queue.is_empty();
        let task = simulation.next_join(tree as usize, a, b);
        let node = cheapest(simulation, task, &[BlockId(a), BlockId(b)]);
        simulation.apply(task, node);
        if last {
            return Some(task);
        }
        queue.push_back(simulation.problem().graph.tasks[task.0 as usize].outs[0].0);
        self.frontier.push(Ready::Tree(tree));
        None
    }
}

/// The holder of an operand where the objective is least; the home for what makes a block of a result.
fn cheapest(simulation: &mut Simulation<'_>, task: TaskId, operands: &[BlockId]) -> NodeId {
    if let Some(home) = simulation.problem().home(task) {
        return home;
    }
    let mut holders: Vec<NodeId> = operands
        .iter()
        .flat_map(|b| simulation.owner(*b).into_iter().chain(simulation.replicas(*b).iter().map(|n| NodeId(*n))))
        .collect();
    holders.sort();
    holders.dedup();
    let mut best: Option<(u64, NodeId)> = None;
    for node in holders {
        simulation.apply(task, node);
        let cost = simulation.objective();
        simulation.undo(task);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, node));
        }
    }
    best.map(|(_, node)| node).or_else(|| simulation.problem().hint(task)).unwrap_or_default()
}
