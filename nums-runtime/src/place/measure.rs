//! What a placed graph costs, read off the finished plan: loads of nodes, whether tasks fit, rounds, the critical path.
//!
//! What nodes hold is counted in `held.rs`. `rounds` counts in the one-port model: in a round a node sends one block and receives one.

use super::problem::{nanos, time};
use super::{ClusterSpec, Placed, held};
use crate::error::{Error, Result};
use nums_ir::cost::costs;
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, NodeId, Placement};
use std::collections::HashMap;

/// Blocks that a task reads.
fn operands(graph: &Graph, task: usize) -> impl Iterator<Item = BlockId> + '_ {
    graph.tasks[task].args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None })
}

/// Whether every node can hold what any of its tasks needs at once; all else may be kept on disk.
pub(super) fn fits(placed: &mut Placed, spec: &ClusterSpec) -> Result<()> {
    placed.placement.loads = held::loads(&(&placed.graph, &placed.placement), spec);
    let sizes = placed.graph.block_bytes();
    let mut own = Vec::new();
    for (t, (task, node)) in placed.graph.tasks.iter().zip(&placed.placement.tasks).enumerate() {
        own.clear();
        own.extend(operands(&placed.graph, t).chain(task.outs.iter().copied()));
        own.sort_unstable();
        own.dedup();
        let need = own.iter().map(|b| sizes[b.0 as usize]).fold(0, u64::saturating_add);
        let limit = spec.nodes[node.0 as usize].memory;
        if need <= limit {
            continue;
        }
        let Some(block) = task.outs.first() else { continue };
        let (name, bytes) = (super::sound::name(&placed.graph, *block), sizes[block.0 as usize]);
        let what = format!("{name} ({bytes} bytes) with its operands on node n{}", node.0);
        return Err(Error::OutOfMemory { what, need, limit });
    }
    Ok(())
}

/// Rounds of communication: the last round of the last copy if a node sends and receives one block a round.
pub fn rounds(graph: &Graph, placement: &Placement) -> usize {
    let mut ready: HashMap<(BlockId, NodeId), usize> = HashMap::new();
    let mut sent: HashMap<NodeId, usize> = HashMap::new();
    let mut received: HashMap<NodeId, usize> = HashMap::new();
    let mut copies = placement.copies.iter().peekable();
    let mut last = 0;
    for (t, task) in graph.tasks.iter().enumerate() {
        let node = placement.tasks[t];
        while let Some(BlockCopy { block, from, to, .. }) = copies.next_if(|c| c.before.0 as usize == t) {
            let there = ready.get(&(*block, *from)).copied().unwrap_or(0);
            let free = sent.get(from).copied().unwrap_or(0).max(received.get(to).copied().unwrap_or(0));
            let round = there.max(free) + 1;
            ready.insert((*block, *to), round);
            sent.insert(*from, round);
            received.insert(*to, round);
            last = last.max(round);
        }
        let start = operands(graph, t).filter_map(|b| ready.get(&(b, node)).copied()).max().unwrap_or(0);
        ready.extend(task.outs.iter().map(|b| ((*b, node), start)));
    }
    last
}

/// Nanoseconds of the longest chain of tasks and copies, if nothing ever waited for a busy node or link.
pub fn critical_path(graph: &Graph, placement: &Placement, spec: &ClusterSpec) -> u64 {
    let sizes = graph.block_bytes();
    let costs = costs(graph);
    let mut ready: HashMap<(BlockId, NodeId), u64> = HashMap::new();
    let mut copies = placement.copies.iter().peekable();
    let mut longest = 0;
    for (t, task) in graph.tasks.iter().enumerate() {
        let node = placement.tasks[t];
        while let Some(BlockCopy { block, from, to, .. }) = copies.next_if(|c| c.before.0 as usize == t) {
            let there = ready.get(&(*block, *from)).copied().unwrap_or(0);
            let (a, b) = (spec.link_of(*from), spec.link_of(*to));
            let bytes = time(sizes[block.0 as usize], a.bandwidth.min(b.bandwidth));
            ready.insert((*block, *to), there + a.latency.max(b.latency) + bytes);
        }
        let start = operands(graph, t).filter_map(|b| ready.get(&(b, node)).copied()).max().unwrap_or(0);
        let end = start + nanos(costs[t], spec.cache);
        longest = longest.max(end);
        ready.extend(task.outs.iter().map(|b| ((*b, node), end)));
    }
    longest
}
