//! LSHS: each task goes where the simulated loads grow least.
//!
//! Tasks are taken in graph order, which has operands first. For each, every node is tried (`apply`, score, `undo`) and the best is
//! kept; ties break by the bytes moved in all, the load of the node, and its index. The task that makes a block of a result goes to that
//! block's home, so that arrays of one length lie alike for the next call. Source: "NumS: Scalable Array Programming for
//! the Cloud", arXiv 2206.14276; unlike there idle nodes are candidates, sizes are bytes, memory is released and compute counts.

use super::{Simulation, homes};
use nums_ir::graph::{NodeId, TaskId};
use std::collections::HashMap;

pub(super) fn place(simulation: &mut Simulation<'_>) {
    let graph = simulation.graph();
    let n_nodes = simulation.n_nodes();
    let mut home: HashMap<u32, NodeId> = HashMap::new();
    for output in &graph.outputs {
        let blocks: Vec<_> = graph.array(output.array).blocks().collect();
        for (block, node) in blocks.iter().zip(homes(blocks.len(), n_nodes)) {
            home.insert(block.0, node);
        }
    }
    for (t, task) in graph.tasks.iter().enumerate() {
        let id = TaskId(t as u32);
        let fixed = task.outs.iter().find_map(|b| home.get(&b.0)).copied();
        let node = fixed.unwrap_or_else(|| best(simulation, id, n_nodes));
        simulation.apply(id, node);
    }
}

fn best(simulation: &mut Simulation<'_>, task: TaskId, n_nodes: usize) -> NodeId {
    let candidates = (0..n_nodes as u32).map(NodeId);
    let cost = |node: NodeId, simulation: &mut Simulation<'_>| {
        let undo = simulation.apply(task, node);
        let key = (simulation.score(), simulation.moved(), simulation.load(node), node);
        simulation.undo(undo);
        key
    };
    let best = candidates.map(|node| cost(node, simulation)).min();
    best.map_or(NodeId(0), |(.., node)| node)
}
