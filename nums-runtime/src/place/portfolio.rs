//! The portfolio: all policies, scored by the same simulation; the best is refined and taken.
//!
//! No policy is best everywhere: owner-computes wins products on node grids, LSHS wins reductions. So each places the call,
//! the least score wins, and local search moves single tasks off the most loaded node while its budget lasts. The budget
//! counts moves, each a simulation of the whole call, never time: a plan is a function of its arguments.

use super::policies::walk;
use super::problem::{NONE, Problem};
use super::{POLICIES, Score, Simulation};
use nums_ir::graph::{NodeId, TaskId};
use std::cmp::Reverse;
use std::collections::HashSet;

/// What a policy's plan would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyCost {
    /// The policy.
    pub policy: &'static str,
    /// By the score that was asked for: nanoseconds, elements or bytes.
    pub score: u64,
    /// Bytes between nodes (elements for `Score::Reference`).
    pub moved: u64,
}

/// The best plan found, the policy that made it, and what every policy would cost.
pub(super) fn place<'p>(problem: &'p Problem<'p>) -> (Simulation<'p>, &'static str, Vec<PolicyCost>) {
    let (name, policy) = POLICIES[0];
    let run = |policy: super::Policy| {
        let mut simulation = Simulation::new(problem);
        policy(&mut simulation);
        simulation
    };
    let mut best = (run(policy), name);
    let cost = |policy, s: &Simulation<'_>| PolicyCost { policy, score: s.score().0, moved: s.moved() };
    let mut costs = vec![cost(name, &best.0)];
    if problem.n_nodes() == 1 {
        return (best.0, best.1, costs);
    }
    for (name, policy) in &POLICIES[1..] {
        let simulation = run(*policy);
        costs.push(cost(name, &simulation));
        // Bytes alone are least where everything is on one node, which nobody wants who has more.
        let competes = *name != "all-on-one" || problem.spec.score != Score::Net;
        if competes && simulation.score() < best.0.score() {
            best = (simulation, name);
        }
    }
    let budget = problem.spec.moves.min(problem.work.len() as u64 / 4);
    let mut tried = HashSet::new();
    for _ in 0..budget {
        let Some((task, node)) = proposal(&best.0, &mut tried) else { break };
        let mut nodes = best.0.placed().to_vec();
        nodes[task.0 as usize] = node.0;
        let mut moved = Simulation::new(problem);
        walk(&mut moved, |_: &mut Simulation<'_>, task: TaskId| NodeId(nodes[task.0 as usize]));
        if gains(&moved, &best.0) {
            best.0 = moved;
        }
    }
    (best.0, best.1, costs)
}

/// Whether the score falls, by at least the part by which bytes grow: else a plan would pay with the network of all for a
/// little of one node's time.
fn gains(new: &Simulation<'_>, old: &Simulation<'_>) -> bool {
    let (score, before) = (u128::from(new.score().0), u128::from(old.score().0));
    let (moved, moved_before) = (u128::from(new.moved()), u128::from(old.moved()));
    new.score() < old.score() && (moved <= moved_before || (before - score) * moved_before >= (moved - moved_before) * before)
}

/// A move that was not tried: a task of the most loaded node, the one that made it receive or do most, to the node where its
/// result leads, where its largest other operand is, or that is least loaded.
fn proposal(simulation: &Simulation<'_>, tried: &mut HashSet<(u32, u32)>) -> Option<(TaskId, NodeId)> {
    let problem = simulation.problem();
    let mut nodes: Vec<NodeId> = (0..problem.n_nodes() as u32).map(NodeId).collect();
    nodes.sort_by_key(|n| (Reverse(simulation.load(*n)), *n));
    let least = *nodes.last()?;
    let mut received = vec![0; problem.work.len()];
    for copy in simulation.copies() {
        received[copy.before.0 as usize] += simulation.transfer(problem.size(copy.block));
    }
    for node in nodes {
        let here = |t: &usize| simulation.placed()[*t] == node.0 && !problem.free[*t];
        let movable = |t: &usize| here(t) && problem.home(TaskId(*t as u32)).is_none();
        let mut tasks: Vec<usize> = (0..problem.work.len()).filter(movable).collect();
        tasks.sort_by_key(|t| (Reverse(received[*t] + problem.work[*t]), *t));
        for t in tasks {
            let task = TaskId(t as u32);
            let mut operands: Vec<_> = problem.operands(task).collect();
            operands.sort_by_key(|b| (Reverse(problem.size(*b)), *b));
            let owners = operands.iter().filter_map(|b| simulation.owner(*b));
            for to in problem.hint(task).into_iter().chain(owners).chain([least]) {
                if to != node && to.0 != NONE && tried.insert((task.0, to.0)) {
                    return Some((task, to));
                }
            }
        }
    }
    None
}
