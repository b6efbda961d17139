//! What a placed graph costs, read off the finished plan: loads of nodes, whether tasks fit, rounds, the critical path.
//!
//! `replay` runs the tasks in order with their copies and counts bytes, as a check that needs nothing of the simulation that
//! made the plan. `rounds` counts in the one-port model: in a round a node sends one block and receives one.

use super::{ClusterSpec, Placed};
use crate::error::{Error, Result};
use nums_ir::cost::costs;
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, Load, NodeId, Placement};
use std::collections::HashMap;

/// Blocks that a task reads.
fn operands(graph: &Graph, task: usize) -> impl Iterator<Item = BlockId> + '_ {
    graph.tasks[task].args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None })
}

/// The loads of a placement in bytes, if every node held all that is put there.
pub(super) fn replay(graph: &Graph, placement: &Placement, nodes: usize) -> Vec<Load> {
    let sizes = graph.block_bytes();
    let mut loads = vec![Load::default(); nodes];
    let mut now = vec![0u64; nodes];
    let mut holders: Vec<Vec<u32>> = vec![Vec::new(); sizes.len()];
    let mut uses = vec![0u32; sizes.len()];
    let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
    kept.flat_map(|a| graph.array(a).blocks()).for_each(|b| uses[b.0 as usize] += 1);
    (0..graph.tasks.len()).flat_map(|t| operands(graph, t)).for_each(|b| uses[b.0 as usize] += 1);
    let hold = |block: BlockId, node: NodeId, now: &mut [u64], loads: &mut [Load], holders: &mut [Vec<u32>]| {
        let at = node.0 as usize;
        holders[block.0 as usize].push(node.0);
        now[at] += sizes[block.0 as usize];
        loads[at].mem = loads[at].mem.max(now[at]);
    };
    for (b, node) in placement.homes.iter().enumerate() {
        hold(BlockId(b as u32), *node, &mut now, &mut loads, &mut holders);
    }
    let mut copies = placement.copies.iter().peekable();
    for (t, task) in graph.tasks.iter().enumerate() {
        while let Some(copy) = copies.next_if(|c| c.before.0 as usize == t) {
            loads[copy.from.0 as usize].net_out += sizes[copy.block.0 as usize];
            loads[copy.to.0 as usize].net_in += sizes[copy.block.0 as usize];
            hold(copy.block, copy.to, &mut now, &mut loads, &mut holders);
        }
        for b in &task.outs {
            hold(*b, placement.tasks[t], &mut now, &mut loads, &mut holders);
        }
        for b in operands(graph, t) {
            uses[b.0 as usize] -= 1;
        }
        for b in operands(graph, t).chain(task.outs.iter().copied()) {
            if uses[b.0 as usize] == 0 {
                let holders = std::mem::take(&mut holders[b.0 as usize]);
                holders.iter().for_each(|n| now[*n as usize] -= sizes[b.0 as usize]);
            }
        }
    }
    loads
}

/// Whether every node can hold what any of its tasks needs at once; all else may be kept on disk.
pub(super) fn fits(placed: &mut Placed, spec: &ClusterSpec) -> Result<()> {
    placed.placement.loads = replay(&placed.graph, &placed.placement, spec.nodes.len());
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
        let array = placed.graph.array(placed.graph.array_of(*block));
        let at = array.grid.coords((block.0 - array.first.0) as usize);
        let what =
            format!("block {at:?} of `{}` ({} bytes) with its operands on node n{}", array.name, sizes[block.0 as usize], node.0);
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
            let bytes = u128::from(sizes[block.0 as usize]) * 1_000_000_000 / u128::from(spec.link.bandwidth.max(1));
            ready.insert((*block, *to), there + spec.link.latency + bytes as u64);
        }
        let start = operands(graph, t).filter_map(|b| ready.get(&(b, node)).copied()).max().unwrap_or(0);
        let end = start + super::problem::nanos(costs[t]);
        longest = longest.max(end);
        ready.extend(task.outs.iter().map(|b| ((*b, node), end)));
    }
    longest
}
