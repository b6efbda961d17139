//! Where tasks run whose node is gone: where most bytes of their operands are, or else shared evenly in runs.
//!
//! Depends on nothing but its arguments. Blocks that were beside each other stay so: operands that are put again or made again
//! are shared in runs too, and what is made of them follows them.

use crate::wire::message::Origin;
use nums_ir::graph::{Arg, BlockId, Graph, NodeId, Placement};

/// The nodes of the tasks that run, written into `owners` for the blocks that they make; what is `Here` has its owner. The
/// placement if it is another than `tasks` says.
pub(super) fn remap(
    graph: &Graph,
    tasks: &[NodeId],
    runs: Option<&[bool]>,
    owners: &mut [NodeId],
    origins: &[Origin],
    alive: &[bool],
) -> Option<Placement> {
    let living: Vec<NodeId> = (0..alive.len() as u32).map(NodeId).filter(|n| alive[n.0 as usize]).collect();
    let is_lost = |i: usize| runs.is_none_or(|runs| runs[i]) && !alive[tasks[i].0 as usize];
    let lost = (0..tasks.len()).filter(|&i| is_lost(i)).count();
    let mut placed = tasks.to_vec();
    let mut nth = 0;
    for (i, task) in graph.tasks.iter().enumerate() {
        if runs.is_some_and(|runs| !runs[i]) {
            continue;
        }
        if is_lost(i) {
            let shared = living[nth * living.len() / lost];
            nth += 1;
            placed[i] = nearest(graph, &task.args, owners).filter(|n| alive[n.0 as usize]).unwrap_or(shared);
        }
        for out in task.outs.iter().filter(|out| origins[out.0 as usize].is_made()) {
            owners[out.0 as usize] = placed[i];
        }
    }
    (lost > 0).then(|| Placement { policy: String::new(), tasks: placed, homes: vec![], loads: vec![], copies: vec![] })
}

/// The node that has most bytes of the operands.
fn nearest(graph: &Graph, args: &[Arg], owners: &[NodeId]) -> Option<NodeId> {
    let mut bytes: Vec<(NodeId, u64)> = Vec::new();
    for arg in args {
        let Arg::Block(BlockId(block)) = *arg else { continue };
        let (owner, n) = (owners[block as usize], graph.bytes(BlockId(block)));
        match bytes.iter_mut().find(|(node, _)| *node == owner) {
            Some((_, sum)) => *sum += n,
            None => bytes.push((owner, n)),
        }
    }
    bytes.into_iter().max_by_key(|&(node, n)| (n, std::cmp::Reverse(node))).map(|(node, _)| node)
}
