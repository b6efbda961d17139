//! Where tasks run: `(Graph, ClusterSpec, homes of the inputs) -> Placed`, pure and deterministic.
//!
//! A `Problem` (`place/problem.rs`) is a call in flat tables. Every policy is a row of `POLICIES` with one signature and fills
//! the same `Simulation` (`place/load.rs`, reductions in `place/trees.rs`), so their costs compare; `place/portfolio.rs` runs
//! all, refines the best and takes it. Blocks are homed by `place/layout.rs`, and `place/choose.rs` says which layouts
//! an expression would like; `place/measure.rs` and `place/bound.rs` say what
//! a plan costs and what any plan must; `place/regions.rs` cuts what
//! changes its layout; `place/joins.rs` makes one task of small joins on one node; `place/sound.rs` refuses what cannot be planned. Nothing
//! here sees data.

mod bound;
mod choose;
mod dynamic;
mod grids;
mod held;
mod joins;
mod layout;
mod load;
mod lshs;
mod measure;
mod policies;
mod portfolio;
mod problem;
mod reference;
mod regions;
mod sound;
mod spec;
mod trees;

pub use bound::{Bound, bound};
pub use choose::layouts;
pub use layout::{Layout, homes, node_grid};
pub use load::Simulation;
pub use measure::{critical_path, rounds};
pub use portfolio::PolicyCost;
pub use problem::Problem;
pub(crate) use spec::ahead;
pub use spec::{ClusterSpec, LinkSpec, NodeSpec, Order, Score};

use crate::error::{Error, Result};
use nums_ir::graph::{Arg, BlockId, Graph, NodeId, Placement, TaskId, TaskOp};
use std::borrow::Cow;

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
    /// The graph: what one node joins by itself is one task, and with `Order::Fastest` tasks join what the placement made neighbours.
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
/// `Error::Setting` for a spec without nodes, a node without memory, a connection without bandwidth, a home that is no node, or an unknown
/// policy; `Error::OutOfMemory` if a block is larger than every node, or a node has no room for one task.
pub fn place(graph: Graph, spec: &ClusterSpec, inputs: &[NodeId]) -> Result<Placed> {
    sound::spec(spec)?;
    sound::inputs(&graph, spec, inputs)?;
    let homes = all_homes(&graph, spec.nodes.len(), inputs);
    place_at(graph, spec, &homes, spec.policy.as_deref())
}

/// The placement of `graph` by the policy of that name, or by the portfolio. `homes` has the node of every block of an input
/// (where it is) and of a result (where it shall be), by `BlockId`.
///
/// # Errors
/// As `place`.
pub fn place_at(mut graph: Graph, spec: &ClusterSpec, homes: &[NodeId], policy: Option<&str>) -> Result<Placed> {
    sound::spec(spec)?;
    sound::homes(&graph, spec, homes)?;
    sound::blocks(&graph, spec)?;
    let regions = spec.nodes.len() > 1 && graph.tasks.iter().any(|t| matches!(t.op, TaskOp::Assemble { .. } | TaskOp::Sliced(_)));
    let cut = if regions { regions::split(&Problem::new(&graph, spec, homes)) } else { None };
    let mut homes = Cow::Borrowed(homes);
    if let Some(cut) = cut {
        homes.to_mut().resize(cut.n_blocks(), NodeId(0));
        graph = cut;
    }
    let problem = Problem::new(&graph, spec, &homes);
    let (simulation, name, costs) = match policy {
        None => portfolio::place(&problem),
        Some(wanted) => {
            let Some((name, policy)) = POLICIES.iter().chain(COMPARED).find(|(name, _)| *name == wanted) else {
                let expected = "the name of a policy: `lshs`, `least-bytes`, `owner-computes`, `data-parallel`, `2d`, `2.5d`, `round-robin`, `all-on-one`, `lshs-reference` or `dynamic`";
                return Err(Error::Setting { name: "policy".into(), value: wanted.into(), expected });
            };
            let simulation = Simulation::of(&problem, *policy);
            let cost = PolicyCost { policy: name, score: simulation.plan_score().0, moved: simulation.moved() };
            (simulation, *name, vec![cost])
        }
    };
    let score = simulation.plan_score().0;
    let parts = simulation.into_parts();
    let policy = name.to_owned();
    let inputs = homes[..problem.n_inputs].to_vec();
    let free = problem.into_free();
    let mut placement = finish(&mut graph, free, parts, Placement { policy, homes: inputs, ..Placement::default() });
    joins::gather(&mut graph, &mut placement, spec);
    let mut placed = Placed { graph, placement, costs, score };
    measure::fits(&mut placed, spec)?;
    Ok(placed)
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

/// The placement; where the simulation chose the order of tasks and the operands of joins (`free`), the graph gets them.
fn finish(graph: &mut Graph, free: Vec<bool>, parts: load::Parts, empty: Placement) -> Placement {
    let load::Parts { placed, sequence, operands, mut copies } = parts;
    let Some(sequence) = sequence else {
        return Placement { tasks: placed.into_iter().map(NodeId).collect(), copies, ..empty };
    };
    let mut operands = operands.into_iter();
    for (task, free) in graph.tasks.iter_mut().zip(free) {
        for arg in &mut task.args {
            let Arg::Block(b) = arg else { continue };
            let now = operands.next();
            if let Some(now) = now.filter(|_| free) {
                *b = BlockId(now);
            }
        }
    }
    let mut position = vec![0; sequence.len()];
    sequence.iter().enumerate().for_each(|(at, t)| position[*t as usize] = at as u32);
    copies.iter_mut().for_each(|c| c.before = TaskId(position[c.before.0 as usize]));
    let tasks = sequence.iter().map(|t| NodeId(placed[*t as usize])).collect();
    // Each task goes to its position, the one that was there to its own, and so on: a copy of all would be as large as the graph.
    for at in 0..position.len() {
        while position[at] as usize != at {
            let to = position[at] as usize;
            graph.tasks.swap(at, to);
            position.swap(at, to);
        }
    }
    Placement { tasks, copies, ..empty }
}
