//! Where tasks run: `(Graph, ClusterSpec, homes of the inputs) -> Placed`, pure and deterministic.
//!
//! A `Problem` (`place/problem.rs`) is a call in flat tables. Every policy is a row of `POLICIES` with one signature and fills
//! the same `Simulation` (`place/load.rs`, reductions in `place/trees.rs`), so their costs compare; `place/portfolio.rs` runs
//! all, refines the best and takes it. Blocks are homed by `place/layout.rs`; `place/measure.rs` and `place/bound.rs` say what
//! a plan costs and what any plan must; `place/regions.rs` cuts what
//! changes its layout. Nothing here sees data.

mod bound;
mod dynamic;
mod grids;
mod layout;
mod load;
mod lshs;
mod measure;
mod policies;
mod portfolio;
mod problem;
mod reference;
mod regions;
mod spec;
mod trees;

pub use bound::{Bound, bound};
pub use layout::{Layout, homes, node_grid};
pub use load::Simulation;
pub use measure::{critical_path, rounds};
pub use portfolio::PolicyCost;
pub use problem::Problem;
pub use spec::{ClusterSpec, LinkSpec, NodeSpec, Order, Score};

use crate::error::{Error, Result};
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, NodeId, Placement, Task, TaskId};

/// A way to choose a node for every task: places all tasks of the simulation's problem.
pub type Policy = fn(&mut Simulation<'_>);

/// All policies by name.
pub const POLICIES: &[(&str, Policy)] = &[
    ("lshs", lshs::place),
    ("least-bytes", lshs::least_bytes),
    ("owner-computes", policies::owner_computes),
    ("data-parallel", policies::data_parallel),
    ("2d", grids::flat),
    ("2.5d", grids::layered),
    ("round-robin", policies::round_robin),
    ("all-on-one", policies::all_on_one),
    ("lshs-reference", reference::place),
];

/// Policies to compare with that do not bring results home, and so do not compete.
pub const COMPARED: &[(&str, Policy)] = &[("dynamic", dynamic::place)];

/// A graph with a place for every task.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The graph; with `Order::Fastest` its tasks join what the placement made neighbours.
    pub graph: Graph,
    /// Where its tasks run.
    pub placement: Placement,
    /// What each policy's plan costs, before the best is refined.
    pub costs: Vec<PolicyCost>,
    /// What this plan costs, by the score that was asked for: nanoseconds, elements or bytes.
    pub score: u64,
}

/// The placement by the spec's policy, or the best that the policies find, refined. `inputs` has the node of every input block, by `BlockId`; blocks of results go
/// to their homes by `homes`.
///
/// # Errors
/// `Error::Setting` for a spec without nodes, a node without memory or an unknown policy; `Error::OutOfMemory` if a node has no room for one task.
pub fn place(graph: Graph, spec: &ClusterSpec, inputs: &[NodeId]) -> Result<Placed> {
    check(spec)?;
    let homes = all_homes(&graph, spec.nodes.len(), inputs);
    place_at(graph, spec, &homes, spec.policy.as_deref())
}

/// The placement of `graph` by the policy of that name, or by the portfolio. `homes` has the node of every block of an input
/// (where it is) and of a result (where it shall be), by `BlockId`.
///
/// # Errors
/// As `place`.
pub fn place_at(graph: Graph, spec: &ClusterSpec, homes: &[NodeId], policy: Option<&str>) -> Result<Placed> {
    check(spec)?;
    let cut = if spec.nodes.len() > 1 { regions::split(&Problem::new(&graph, spec, homes)) } else { None };
    let graph = cut.unwrap_or(graph);
    let mut homes = homes.to_vec();
    homes.resize(graph.n_blocks(), NodeId(0));
    let problem = Problem::new(&graph, spec, &homes);
    let (simulation, name, costs) = match policy {
        None => portfolio::place(&problem),
        Some(wanted) => {
            let Some((name, policy)) = POLICIES.iter().chain(COMPARED).find(|(name, _)| *name == wanted) else {
                let expected = "the name of a policy: `lshs`, `least-bytes`, `owner-computes`, `data-parallel`, `2d`, `2.5d`, `round-robin`, `all-on-one`, `lshs-reference` or `dynamic`";
                return Err(Error::Setting { name: "policy".into(), value: wanted.into(), expected });
            };
            let mut simulation = Simulation::new(&problem);
            policy(&mut simulation);
            let cost = PolicyCost { policy: name, score: simulation.score().0, moved: simulation.moved() };
            (simulation, *name, vec![cost])
        }
    };
    let score = simulation.score().0;
    let parts = simulation.into_parts();
    let (tasks, placement) = finish(&problem, parts, name);
    let mut placed = Placed { graph, placement, costs, score };
    if let Some(tasks) = tasks {
        placed.graph.tasks = tasks;
    }
    measure::fits(&mut placed, spec)?;
    Ok(placed)
}

/// What a spec must have for anything to be placed.
fn check(spec: &ClusterSpec) -> Result<()> {
    if spec.nodes.is_empty() {
        return Err(Error::Setting { name: "nodes of a `ClusterSpec`".into(), value: "0".into(), expected: "at least 1" });
    }
    if let Some(node) = spec.nodes.iter().position(|n| n.memory == 0 || n.threads == 0) {
        let what = if spec.nodes[node].memory == 0 { "memory" } else { "threads" };
        return Err(Error::Setting { name: format!("{what} of node n{node}"), value: "0".into(), expected: "at least 1" });
    }
    Ok(())
}

/// The nodes of inputs as they are and of other blocks by default.
pub fn all_homes(graph: &Graph, n_nodes: usize, inputs: &[NodeId]) -> Vec<NodeId> {
    let mut all = vec![NodeId(0); graph.n_blocks()];
    for output in &graph.outputs {
        let array = graph.array(output.array);
        let first = array.first.0 as usize;
        all[first..first + array.grid.n_blocks()].copy_from_slice(&homes(&array.grid, n_nodes));
    }
    all[..inputs.len()].copy_from_slice(inputs);
    all
}

/// The placement, and the tasks where the simulation chose their order or operands.
fn finish(problem: &Problem<'_>, parts: load::Parts, policy: &str) -> (Option<Vec<Task>>, Placement) {
    let graph = problem.graph;
    let node = |t: u32| NodeId(parts.placed[t as usize]);
    let homes = problem.homes[..problem.n_inputs].iter().map(|n| NodeId(*n)).collect();
    let placement = |tasks, copies| Placement { policy: policy.to_owned(), tasks, homes, loads: Vec::new(), copies };
    let Some(sequence) = parts.sequence else {
        return (None, placement((0..graph.tasks.len() as u32).map(node).collect(), parts.copies));
    };
    let mut position = vec![0; sequence.len()];
    sequence.iter().enumerate().for_each(|(at, t)| position[*t as usize] = at as u32);
    let copies = parts.copies.iter().map(|c| BlockCopy { before: TaskId(position[c.before.0 as usize]), ..*c });
    let copies = copies.collect();
    let tasks = sequence.iter().map(|t| {
        let mut task = graph.tasks[*t as usize].clone();
        let mut operands = parts.operands[problem.operands.range(*t as usize)].iter();
        for arg in &mut task.args {
            if let (Arg::Block(b), Some(now)) = (arg, operands.next()) {
                *b = BlockId(*now);
            }
        }
        task
    });
    (Some(tasks.collect()), placement(sequence.iter().map(|t| node(*t)).collect(), copies))
}
