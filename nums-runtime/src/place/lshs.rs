//! LSHS: each task goes where the simulated loads grow least.
//!
//! Tasks are taken in graph order. The candidates of a task are the nodes that have its operands, those where its result is
//! needed (the home of what it leads to, the node of the block that it will be joined with), and the least loaded node, so
//! that idle ones are used. Each is tried (`apply`, score, `undo`); what must still move for the result to be used counts as
//! moved. Ties break by the load of the node, then its index. Source: "NumS: Scalable Array Programming for the Cloud",
//! arXiv 2206.14276; unlike there, sizes are bytes, memory is released, compute counts, and a frontier is not sampled.

use super::policies::{Choose, walk};
use super::problem::NONE;
use super::{Score, Simulation};
use nums_ir::graph::{BlockId, NodeId, TaskId};

/// Copies of an operand that are looked at for candidates, the latest ones.
const REPLICAS: usize = 4;

pub(super) fn place(simulation: &mut Simulation<'_>) {
    let greedy = Greedy::new(simulation, simulation.problem().spec.score);
    walk(simulation, greedy);
}

/// The same search for the least bytes, whatever the score: far-sighted where large blocks are made of small ones.
pub(super) fn least_bytes(simulation: &mut Simulation<'_>) {
    let greedy = Greedy::new(simulation, Score::Net);
    walk(simulation, greedy);
}

/// The rule by which LSHS chooses a node.
pub(super) struct Greedy {
    score: Score,
    idle: Idle,
    candidates: Vec<NodeId>,
    /// For each block that the task makes, where it is needed next.
    wanted: Vec<(BlockId, NodeId)>,
}

impl Greedy {
    pub(super) fn new(simulation: &Simulation<'_>, score: Score) -> Greedy {
        Greedy { score, idle: Idle::new(simulation), candidates: Vec::new(), wanted: Vec::new() }
    }
}

impl Choose for Greedy {
    fn choose(&mut self, s: &mut Simulation<'_>, task: TaskId) -> NodeId {
        let Greedy { score, idle, candidates, wanted } = self;
        candidates.clear();
        wanted.clear();
        wants(s, task, wanted);
        let mut add = |node: NodeId| {
            if !candidates.contains(&node) {
                candidates.push(node);
            }
        };
        for b in s.problem().operands(task) {
            s.owner(b).into_iter().for_each(&mut add);
            s.replicas(b).iter().rev().take(REPLICAS).for_each(|n| add(NodeId(*n)));
        }
        wanted.iter().for_each(|(_, node)| add(*node));
        add(idle.least());
        best(s, *score, task, candidates, wanted)
    }

    fn placed(&mut self, simulation: &Simulation<'_>, node: NodeId) {
        self.idle.changed(simulation, node);
    }
}

/// Where the blocks that `task` makes are needed next; no entry if that is not known yet.
fn wants(simulation: &Simulation<'_>, task: TaskId, out: &mut Vec<(BlockId, NodeId)>) {
    let problem = simulation.problem();
    for b in &problem.graph.tasks[task.0 as usize].outs {
        if let Some(node) = simulation.last_partial(*b) {
            out.push((*b, node));
        }
        let reader = problem.reader[b.0 as usize];
        if reader == NONE {
            continue;
        }
        let reader = TaskId(reader);
        if !problem.free[reader.0 as usize] {
            // The larger operand stays, the smaller one goes to it.
            let larger = problem.operands(reader).filter(|o| o != b && problem.size(*o) >= problem.size(*b));
            let others = larger.filter_map(|o| simulation.owner(o));
            out.extend(others.map(|node| (*b, node)));
        }
        out.extend(problem.hint(task).map(|node| (*b, node)));
    }
}

fn best(simulation: &mut Simulation<'_>, by: Score, task: TaskId, candidates: &[NodeId], wanted: &[(BlockId, NodeId)]) -> NodeId {
    let cost = |&node: &NodeId| {
        simulation.apply(task, node);
        let ((score, second), over) = (simulation.score_by(by), simulation.over());
        let load = simulation.load(node);
        simulation.undo(task);
        let (more, second_more) = outstanding(simulation, by, node, wanted);
        (over, (score + more, second + second_more), load, node)
    };
    candidates.iter().map(cost).min().map_or(NodeId(0), |(.., node)| node)
}

/// What would have to leave `node` for the results to be used, as parts of the score.
fn outstanding(simulation: &Simulation<'_>, by: Score, node: NodeId, wanted: &[(BlockId, NodeId)]) -> (u64, u64) {
    let mut sum = (0, 0);
    for (i, (b, to)) in wanted.iter().enumerate() {
        let first = i == 0 || wanted[i - 1].0 != *b;
        let here = wanted.iter().any(|w| w.0 == *b && w.1 == node) || simulation.has_partial(*b, node) == Some(true);
        if first && !here {
            let part = simulation.in_score(by, *b, node, *to);
            sum = (sum.0 + part.0, sum.1 + part.1);
        }
    }
    sum
}

/// The least loaded node, kept in a tournament: a binary tree whose root is the winner.
struct Idle {
    winners: Vec<u32>,
    leaves: usize,
}

impl Idle {
    fn new(simulation: &Simulation<'_>) -> Idle {
        let n = simulation.problem().n_nodes();
        let leaves = n.next_power_of_two();
        let mut idle = Idle { winners: vec![NONE; 2 * leaves], leaves };
        (0..n).for_each(|i| idle.winners[leaves + i] = i as u32);
        (1..leaves).rev().for_each(|i| idle.play(simulation, i));
        idle
    }

    fn play(&mut self, simulation: &Simulation<'_>, at: usize) {
        let (a, b) = (self.winners[2 * at], self.winners[2 * at + 1]);
        self.winners[at] = if b == NONE || (a != NONE && load(simulation, a) <= load(simulation, b)) { a } else { b };
    }

    fn least(&self) -> NodeId {
        NodeId(self.winners[1])
    }

    /// The load of a node is another than it was.
    fn changed(&mut self, simulation: &Simulation<'_>, node: NodeId) {
        let mut at = (self.leaves + node.0 as usize) / 2;
        while at > 0 {
            self.play(simulation, at);
            at /= 2;
        }
    }
}

fn load(simulation: &Simulation<'_>, node: u32) -> (u64, u64) {
    simulation.load(NodeId(node))
}
