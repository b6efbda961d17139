//! The portfolio: all policies, scored by the same simulation; the best is refined and taken.
//!
//! No policy is best everywhere: owner-computes wins products on node grids, LSHS wins reductions. So each places the call,
//! the least score wins, and local search moves tasks off the most loaded node while its budget lasts. The budget
//! counts moves, each a simulation of the whole call, never time: a plan is a function of its arguments.

use super::held::Course;
use super::lshs::Greedy;
use super::policies::{Choose, walk};
use super::problem::{NONE, Problem};
use super::{POLICIES, Score, Simulation};
use nums_ir::graph::{NodeId, TaskId};
use std::cmp::Reverse;
use std::collections::HashSet;

/// Moves that refinement may try of the smallest call: a quarter of a handful of tasks would leave two where four find the optimum.
const FEWEST: u64 = 4;

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
    let mut best = Found::new(Simulation::of(problem, policy), name);
    let cost = |f: &Found<'_>| PolicyCost { policy: f.policy, score: f.rank.1.0, moved: f.plan.moved() };
    let mut costs = vec![cost(&best)];
    if problem.n_nodes() == 1 {
        return (best.plan, best.policy, costs);
    }
    for (name, policy) in &POLICIES[1..] {
        let found = Found::new(Simulation::of(problem, *policy), name);
        costs.push(cost(&found));
        // Bytes alone are least where everything is on one node, which nobody wants who has more.
        let competes = *name != "all-on-one" || problem.spec.score != Score::Net || best.rank.0 > 0;
        if competes && found.rank < best.rank {
            best = found;
        }
    }
    let budget = problem.spec.moves.min((problem.work.len() as u64 / 4).max(FEWEST));
    let mut tried = HashSet::new();
    let makers = problem.makers();
    let mut savings = Savings::of(&best.plan, &makers);
    for _ in 0..budget {
        let proposal = savings.next(&mut tried).or_else(|| relief(&best.plan, &mut tried));
        let Some((task, node)) = proposal else { break };
        let moved = Simulation::of(problem, |moved| walk(moved, Moved::new(moved, best.plan.placed(), task, node)));
        let moved = Found::new(moved, best.policy);
        if moved.gains(&best) {
            best = moved;
            savings = Savings::of(&best.plan, &makers);
        }
    }
    (best.plan, best.policy, costs)
}

/// A plan and what makes it better than another: it fits into memory, then its score.
struct Found<'p> {
    plan: Simulation<'p>,
    policy: &'static str,
    rank: (u8, (u64, u64)),
}

impl<'p> Found<'p> {
    fn new(plan: Simulation<'p>, policy: &'static str) -> Found<'p> {
        let rank = (plan.misfit(), plan.plan_score());
        Found { plan, policy, rank }
    }

    /// Whether the score falls, by at least twice the part by which bytes grow: else a plan would pay with the network of all for a
    /// little of one node's time.
    fn gains(&self, old: &Found<'_>) -> bool {
        let (score, before) = (u128::from(self.rank.1.0), u128::from(old.rank.1.0));
        let (moved, moved_before) = (u128::from(self.plan.moved()), u128::from(old.plan.moved()));
        let worth = || moved <= moved_before || (before - score) * moved_before >= 2 * (moved - moved_before) * before;
        self.rank < old.rank && score <= before && worth()
    }
}

/// A plan in which one task has another node: what depends on it is chosen anew by the rule of LSHS, the rest stays.
struct Moved<'a> {
    nodes: &'a [u32],
    task: TaskId,
    to: NodeId,
    /// Blocks that depend on the task.
    changed: Vec<bool>,
    greedy: Greedy,
}

impl<'a> Moved<'a> {
    fn new(simulation: &Simulation<'_>, nodes: &'a [u32], task: TaskId, to: NodeId) -> Moved<'a> {
        let changed = vec![false; simulation.problem().n_blocks()];
        Moved { nodes, task, to, changed, greedy: Greedy::new(simulation, simulation.problem().spec.score) }
    }
}

impl Choose for Moved<'_> {
    fn choose(&mut self, simulation: &mut Simulation<'_>, task: TaskId) -> NodeId {
        let problem = simulation.problem();
        let depends = problem.operands(task).any(|b| self.changed[b.0 as usize]);
        if depends || task == self.task {
            problem.graph.tasks[task.0 as usize].outs.iter().for_each(|b| self.changed[b.0 as usize] = true);
        }
        match (task == self.task, depends) {
            (true, _) => self.to,
            (false, true) => self.greedy.choose(simulation, task),
            (false, false) => NodeId(self.nodes[task.0 as usize]),
        }
    }

    fn placed(&mut self, simulation: &Simulation<'_>, node: NodeId) {
        self.greedy.placed(simulation, node);
    }
}

fn is_movable(problem: &Problem<'_>, task: u32) -> bool {
    task != NONE && !problem.free[task as usize] && problem.home(TaskId(task)).is_none()
}

/// Moves that would save a copy of a plan, of the largest block first: the task that made the block goes where it is needed, or the
/// task that needs it goes where it was made. They stay the same until a better plan is found.
struct Savings {
    moves: Vec<(u32, NodeId)>,
    next: usize,
}

impl Savings {
    fn of(plan: &Simulation<'_>, makers: &[u32]) -> Savings {
        let problem = plan.problem();
        let mut copies: Vec<_> = plan.copies().iter().collect();
        copies.sort_by_cached_key(|c| (Reverse(problem.size(c.block)), c.before, c.block));
        let ends = copies.into_iter().flat_map(|c| [(makers[c.block.0 as usize], c.to), (c.before.0, c.from)]);
        Savings { moves: ends.filter(|(task, _)| is_movable(problem, *task)).collect(), next: 0 }
    }

    /// A move that was not tried.
    fn next(&mut self, tried: &mut HashSet<(u32, u32)>) -> Option<(TaskId, NodeId)> {
        let rest = &self.moves[self.next..];
        let at = rest.iter().position(|&(task, to)| tried.insert((task, to.0)));
        let found = at.map(|at| rest[at]);
        self.next += at.map_or(rest.len(), |at| at + 1);
        found.map(|(task, to)| (TaskId(task), to))
    }
}

/// A move that was not tried of a task of the most loaded node to the least loaded one.
fn relief(plan: &Simulation<'_>, tried: &mut HashSet<(u32, u32)>) -> Option<(TaskId, NodeId)> {
    let problem = plan.problem();
    let mut nodes: Vec<NodeId> = (0..problem.n_nodes() as u32).map(NodeId).collect();
    nodes.sort_by_key(|n| (Reverse(plan.load(*n)), *n));
    let least = *nodes.last()?;
    for node in nodes.iter().filter(|n| **n != least) {
        let here = |t: &u32| plan.placed()[*t as usize] == node.0 && is_movable(problem, *t);
        let mut tasks: Vec<u32> = (0..problem.work.len() as u32).filter(here).collect();
        tasks.sort_by_key(|t| (Reverse(problem.work[*t as usize]), *t));
        if let Some(task) = tasks.into_iter().find(|t| tried.insert((*t, least.0))) {
            return Some((TaskId(task), least));
        }
    }
    None
}
