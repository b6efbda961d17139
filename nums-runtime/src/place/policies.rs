//! The simple policies that LSHS is compared with: owner-computes, round-robin, all on one node.

use super::{Simulation, homes};
use nums_ir::graph::{NodeId, TaskId};

/// Each task runs at the home of the block that it makes.
pub(super) fn owner_computes(simulation: &mut Simulation<'_>) {
    let graph = simulation.graph();
    let n_nodes = simulation.n_nodes();
    let mut home = Vec::with_capacity(graph.n_blocks());
    for array in &graph.arrays {
        home.extend(homes(array.grid.n_blocks(), n_nodes));
    }
    for (t, task) in graph.tasks.iter().enumerate() {
        simulation.apply(TaskId(t as u32), task.outs.first().map_or(NodeId(0), |b| home[b.0 as usize]));
    }
}

/// Tasks go to the nodes in turn.
pub(super) fn round_robin(simulation: &mut Simulation<'_>) {
    let n_nodes = simulation.n_nodes() as u32;
    for t in 0..simulation.graph().tasks.len() as u32 {
        simulation.apply(TaskId(t), NodeId(t % n_nodes));
    }
}

/// Every task runs on the first node.
pub(super) fn all_on_one(simulation: &mut Simulation<'_>) {
    for t in 0..simulation.graph().tasks.len() as u32 {
        simulation.apply(TaskId(t), NodeId(0));
    }
}
