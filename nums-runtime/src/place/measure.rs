//! What a placed graph costs, read off the finished plan: loads of nodes, whether they fit, rounds, the critical path.
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

/// Bytes of every block.
fn sizes(graph: &Graph) -> Vec<u64> {
    let mut sizes = graph.block_elements();
    for array in &graph.arrays {
        array.blocks().for_each(|b| sizes[b.0 as usize] *= array.dtype.size() as u64);
    }
    sizes
}

/// The loads of a placement in bytes, and the block with which each node first held more than `limit`.
pub(super) fn replay(graph: &Graph, placement: &Placement, limits: &[u64]) -> (Vec<Load>, Vec<Option<BlockId>>) {
    let sizes = sizes(graph);
    let mut loads = vec![Load::default(); limits.len()];
    let mut now = vec![0u64; limits.len()];
    let mut over = vec![None; limits.len()];
    let mut holders: Vec<Vec<u32>> = vec![Vec::new(); sizes.len()];
    let mut uses = vec![0u32; sizes.len()];
    let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
    kept.flat_map(|a| graph.array(a).blocks()).for_each(|b| uses[b.0 as usize] += 1);
    (0..graph.tasks.len()).flat_map(|t| operands(graph, t)).for_each(|b| uses[b.0 as usize] += 1);
    let mut hold = |block: BlockId, node: NodeId, now: &mut [u64], loads: &mut [Load], holders: &mut [Vec<u32>]| {
        let at = node.0 as usize;
        holders[block.0 as usize].push(node.0);
        now[at] += sizes[block.0 as usize];
        loads[at].mem = loads[at].mem.max(now[at]);
        if now[at] > limits[at] && over[at].is_none() {
            over[at] = Some(block);
        }
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
    (loads, over)
}

/// Whether every node can hold what the plan puts there.
pub(super) fn fits(placed: &mut Placed, spec: &ClusterSpec) -> Result<()> {
    let limits: Vec<u64> = spec.nodes.iter().map(|n| n.memory).collect();
    let (loads, over) = replay(&placed.graph, &placed.placement, &limits);
    placed.placement.loads = loads;
    for (node, block) in over.iter().enumerate() {
        let Some(block) = block else { continue };
        let array = placed.graph.array(placed.graph.array_of(*block));
        let at = array.grid.coords((block.0 - array.first.0) as usize);
        let bytes = placed.graph.bytes(*block);
        let need = placed.placement.loads[node].mem;
        let what = format!("block {at:?} of `{}` ({bytes} bytes) with all else on node n{node}", array.name);
        return Err(Error::OutOfMemory { what, need, limit: limits[node] });
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
    let sizes = sizes(graph);
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
