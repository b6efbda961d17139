//! What a placed graph costs, read off the finished plan: loads of nodes, whether tasks fit, rounds, the critical path.
//!
//! `replay` runs the tasks in order with their copies and counts bytes, as a check that needs nothing of the simulation that
//! made the plan. `rounds` counts in the one-port model: in a round a node sends one block and receives one.

use super::problem::{nanos, time};
use super::{ClusterSpec, Placed};
use crate::error::{Error, Result};
use nums_ir::cost::costs;
use nums_ir::graph::{Arg, BlockCopy, BlockId, Graph, Load, NodeId, Placement};
use std::collections::HashMap;

/// Blocks that a task reads.
fn operands(graph: &Graph, task: usize) -> impl Iterator<Item = BlockId> + '_ {
    graph.tasks[task].args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None })
}

/// A replay of a plan: what every node holds. A block goes from a node with its last use there, by a task or by a copy to
/// another node, as the workers do it; its owner keeps what the caller keeps.
struct Replay {
    sizes: Vec<u64>,
    loads: Vec<Load>,
    now: Vec<u64>,
    /// Who makes or first holds each block.
    owners: Vec<u32>,
    /// Uses that are left at the owner, and at other nodes.
    uses: Vec<u32>,
    elsewhere: HashMap<(BlockId, NodeId), u32>,
}

impl Replay {
    fn new(graph: &Graph, placement: &Placement, nodes: usize) -> Replay {
        let sizes = graph.block_bytes();
        let mut owners = vec![u32::MAX; sizes.len()];
        placement.homes.iter().enumerate().for_each(|(b, node)| owners[b] = node.0);
        for (task, node) in graph.tasks.iter().zip(&placement.tasks) {
            task.outs.iter().for_each(|b| owners[b.0 as usize] = node.0);
        }
        let mut uses = vec![0; sizes.len()];
        let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
        kept.flat_map(|a| graph.array(a).blocks()).for_each(|b| uses[b.0 as usize] += 1);
        let (loads, now) = (vec![Load::default(); nodes], vec![0; nodes]);
        let mut replay = Replay { sizes, loads, now, owners, uses, elsewhere: HashMap::new() };
        for (t, node) in placement.tasks.iter().enumerate() {
            operands(graph, t).for_each(|b| *replay.left(b, *node) += 1);
        }
        placement.copies.iter().for_each(|copy| *replay.left(copy.block, copy.from) += 1);
        replay
    }

    /// Uses that are left of a block on a node.
    fn left(&mut self, block: BlockId, node: NodeId) -> &mut u32 {
        let b = block.0 as usize;
        if self.owners[b] == node.0 { &mut self.uses[b] } else { self.elsewhere.entry((block, node)).or_default() }
    }

    fn hold(&mut self, block: BlockId, node: NodeId) {
        let at = node.0 as usize;
        self.now[at] += self.sizes[block.0 as usize];
        self.loads[at].mem = self.loads[at].mem.max(self.now[at]);
    }

    fn copy(&mut self, copy: &BlockCopy) {
        let size = self.sizes[copy.block.0 as usize];
        self.loads[copy.from.0 as usize].net_out += size;
        self.loads[copy.to.0 as usize].net_in += size;
        self.hold(copy.block, copy.to);
        self.used(copy.block, copy.from);
    }

    /// One use is over; the block goes with the last.
    fn used(&mut self, block: BlockId, node: NodeId) {
        let left = self.left(block, node);
        *left -= 1;
        if *left == 0 {
            self.now[node.0 as usize] -= self.sizes[block.0 as usize];
        }
    }
}

/// The loads of a placement in bytes, if every node held all that is put there.
pub(super) fn replay(graph: &Graph, placement: &Placement, nodes: usize) -> Vec<Load> {
    let mut state = Replay::new(graph, placement, nodes);
    placement.homes.iter().enumerate().for_each(|(b, node)| state.hold(BlockId(b as u32), *node));
    let mut copies = placement.copies.iter().peekable();
    for (t, task) in graph.tasks.iter().enumerate() {
        while let Some(copy) = copies.next_if(|c| c.before.0 as usize == t) {
            state.copy(copy);
        }
        let node = placement.tasks[t];
        task.outs.iter().for_each(|b| state.hold(*b, node));
        operands(graph, t).for_each(|b| state.used(b, node));
        // What nobody reads goes at once.
        for b in &task.outs {
            if state.uses[b.0 as usize] == 0 {
                state.now[node.0 as usize] -= state.sizes[b.0 as usize];
            }
        }
    }
    state.loads
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
