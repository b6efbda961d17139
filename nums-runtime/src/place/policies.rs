//! The simple policies: owner-computes, data-parallel, round-robin, all on one node; and the walk that all policies share.
//!
//! `walk` takes the tasks in graph order, which has operands first. What makes a block of a result runs at that block's home
//! whatever the policy, so that arrays of one length lie alike for the next call; joins of free reductions follow their
//! leaves (`trees.rs`); for the others the policy is asked.

use super::Simulation;
use nums_ir::graph::{BlockId, NodeId, TaskId};
use std::cmp::Reverse;

/// What says where a task runs.
pub(super) trait Choose {
    /// A node for `task`, whose operands are placed.
    fn choose(&mut self, simulation: &mut Simulation<'_>, task: TaskId) -> NodeId;

    /// A task was placed on `node`, chosen or by a rule.
    fn placed(&mut self, _simulation: &Simulation<'_>, _node: NodeId) {}
}

impl<F: FnMut(&mut Simulation<'_>, TaskId) -> NodeId> Choose for F {
    fn choose(&mut self, simulation: &mut Simulation<'_>, task: TaskId) -> NodeId {
        self(simulation, task)
    }
}

/// Places all tasks.
pub(super) fn walk(simulation: &mut Simulation<'_>, mut policy: impl Choose) {
    let problem = simulation.problem();
    for t in 0..problem.work.len() {
        if problem.free[t] {
            continue;
        }
        let task = TaskId(t as u32);
        let node = match problem.home(task) {
            Some(home) => home,
            None => policy.choose(simulation, task),
        };
        simulation.apply(task, node);
        simulation.settle(task);
        policy.placed(simulation, node);
    }
}

/// Each task runs at the home of the result that it leads to (output-stationary; SUMMA for products on a node grid).
pub(super) fn owner_computes(simulation: &mut Simulation<'_>) {
    walk(simulation, |s: &mut Simulation<'_>, task| s.problem().hint(task).unwrap_or_default());
}

/// Each task runs where the largest of its operands is: the left one of equal ones, where its first holder is.
pub(super) fn data_parallel(simulation: &mut Simulation<'_>) {
    walk(simulation, largest_operand);
}

pub(super) fn largest_operand(simulation: &mut Simulation<'_>, task: TaskId) -> NodeId {
    let problem = simulation.problem();
    let operands: Vec<BlockId> = problem.operands(task).collect();
    let largest = operands.into_iter().enumerate().min_by_key(|(i, b)| (Reverse(problem.size(*b)), *i));
    largest.and_then(|(_, b)| simulation.owner(b)).or_else(|| problem.hint(task)).unwrap_or_default()
}

/// Tasks go to the nodes in turn.
pub(super) fn round_robin(simulation: &mut Simulation<'_>) {
    let n_nodes = simulation.problem().n_nodes() as u32;
    walk(simulation, |_: &mut Simulation<'_>, task: TaskId| NodeId(task.0 % n_nodes));
}

/// Every task runs on the first node.
pub(super) fn all_on_one(simulation: &mut Simulation<'_>) {
    walk(simulation, |_: &mut Simulation<'_>, _| NodeId(0));
}
