//! One task for what a node joins by itself: the last step of planning, once every task has its node.
//!
//! A reduction over k blocks is a tree of k - 1 joins of two. Where a whole subtree runs on one node and its blocks are small, a task of its
//! own for each join costs more than the join, so the subtree becomes one `combine` of all its leaves. It joins them in the same order
//! (a range splits at ⌈n/2⌉), so no bit changes; a subtree of another form stays as it is, and so do leaves that wait for different
//! blocks of other nodes: those that come first would all be held until the last one is there. Nor does a node hold more for it that might
//! not have the room. What is no longer made leaves the graph.

use super::ClusterSpec;
use nums_ir::graph::{Arg, ArrayId, BlockCopy, BlockId, Graph, NodeId, Placement, TaskId, TaskOp};

/// Leaves of one task at most: enough that tasks are few, and several threads still find work.
const LEAVES: usize = 16;

/// Bytes of the leaves of one task at most, since they are all held until it runs.
const BYTES: u64 = 256 << 10;

const NONE: u32 = u32::MAX;

/// Joins of one node that follow each other become one task.
pub(super) fn gather(graph: &mut Graph, placement: &mut Placement, spec: &ClusterSpec) {
    let gone = merge(graph, placement, spec);
    if !gone.contains(&true) {
        return;
    }
    let mut kept = gone.iter().map(|gone| !gone);
    graph.tasks.retain(|_| kept.next().unwrap_or(true));
    let mut kept = gone.iter().map(|gone| !gone);
    placement.tasks.retain(|_| kept.next().unwrap_or(true));
    let position = positions(&gone);
    placement.copies.iter_mut().for_each(|c| c.before = TaskId(position[c.before.0 as usize]));
    forget_arrays(graph, &mut placement.copies);
}

/// Gives each join the operands of those before it that it takes over; which tasks are gone.
fn merge(graph: &mut Graph, placement: &Placement, spec: &ClusterSpec) -> Vec<bool> {
    let mut gone = vec![false; graph.tasks.len()];
    let uses = uses(graph);
    let makers = Makers::of(graph, placement);
    let roomy = roomy(graph, placement, spec);
    for t in 0..graph.tasks.len() {
        let task = &graph.tasks[t];
        let (&TaskOp::Combine(op), &[out]) = (&task.op, &task.outs[..]) else { continue };
        let &[Arg::Block(left), Arg::Block(right)] = &task.args[..] else { continue };
        let node = placement.tasks[t];
        // The task that makes an operand, if it can be part of this one.
        let part = |b: BlockId| {
            let maker = makers.task(b).filter(|m| placement.tasks[*m] == node && uses[b.0 as usize] == 1)?;
            let alike = match graph.tasks[maker].args[..] {
                [Arg::Block(a), Arg::Block(b)] => makers.wait_alike(graph, [a, b], node),
                // It was looked at when it was made.
                _ => true,
            };
            (alike && graph.tasks[maker].op == TaskOp::Combine(op)).then_some(maker)
        };
        let parts = [(part(left), left), (part(right), right)];
        let leaves = parts.map(|(m, _)| m.map_or(1, |m| graph.tasks[m].args.len()));
        let first = parts.map(|(m, block)| m.and_then(|m| operands(&graph.tasks[m].args).next()).unwrap_or(block));
        let n = leaves[0] + leaves[1];
        let small = n <= LEAVES && graph.bytes(out) * n as u64 <= BYTES;
        if !roomy[node.0 as usize] || n == 2 || !small || leaves[0] != n.div_ceil(2) || !makers.wait_alike(graph, first, node) {
            continue;
        }
        let mut args = Vec::with_capacity(n);
        for (m, block) in parts {
            match m {
                Some(m) => {
                    args.append(&mut graph.tasks[m].args);
                    gone[m] = true;
                }
                None => args.push(Arg::Block(block)),
            }
        }
        graph.tasks[t].args = args;
    }
    gone
}

/// Whether each node has room for all that the call ever has there.
fn roomy(graph: &Graph, placement: &Placement, spec: &ClusterSpec) -> Vec<bool> {
    let sizes = graph.block_bytes();
    let mut free: Vec<u64> = spec.nodes.iter().map(|n| n.memory).collect();
    let mut roomy = vec![true; free.len()];
    let inputs = placement.homes.iter().enumerate().map(|(b, node)| (BlockId(b as u32), *node));
    let made = graph.tasks.iter().zip(&placement.tasks).flat_map(|(task, node)| task.outs.iter().map(move |b| (*b, *node)));
    let copied = placement.copies.iter().map(|c| (c.block, c.to));
    for (block, node) in inputs.chain(made).chain(copied) {
        let (node, size) = (node.0 as usize, sizes[block.0 as usize]);
        roomy[node] &= size <= free[node];
        free[node] = free[node].saturating_sub(size);
    }
    roomy
}

fn operands(args: &[Arg]) -> impl Iterator<Item = BlockId> + '_ {
    args.iter().filter_map(|arg| if let Arg::Block(b) = arg { Some(*b) } else { None })
}

/// Where blocks come from.
struct Makers {
    /// The node that makes each block, or has it.
    nodes: Vec<NodeId>,
    /// The task that makes it.
    tasks: Vec<u32>,
}

impl Makers {
    fn of(graph: &Graph, placement: &Placement) -> Makers {
        let (mut nodes, mut tasks) = (vec![NodeId(0); graph.n_blocks()], vec![NONE; graph.n_blocks()]);
        nodes[..placement.homes.len()].copy_from_slice(&placement.homes);
        for (t, (task, node)) in graph.tasks.iter().zip(&placement.tasks).enumerate() {
            for out in &task.outs {
                (nodes[out.0 as usize], tasks[out.0 as usize]) = (*node, t as u32);
            }
        }
        Makers { nodes, tasks }
    }

    fn task(&self, block: BlockId) -> Option<usize> {
        Some(self.tasks[block.0 as usize]).filter(|t| *t != NONE).map(|t| t as usize)
    }

    /// Whether both leaves are made on the node, of the same blocks of other nodes if of any.
    fn wait_alike(&self, graph: &Graph, leaves: [BlockId; 2], node: NodeId) -> bool {
        let here = |b: BlockId| self.nodes[b.0 as usize] == node;
        let awaited = |b: BlockId| {
            let args = self.task(b).map_or(&[][..], |t| &graph.tasks[t].args);
            operands(args).filter(|b| !here(*b))
        };
        leaves.iter().all(|b| here(*b)) && awaited(leaves[0]).eq(awaited(leaves[1]))
    }
}

/// How often each block is read, and once more if it is of a result or of an input.
fn uses(graph: &Graph) -> Vec<u32> {
    let mut uses = vec![0; graph.n_blocks()];
    let ends = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
    ends.flat_map(|a| graph.array(a).blocks()).for_each(|b| uses[b.0 as usize] += 1);
    graph.tasks.iter().flat_map(|t| operands(&t.args)).for_each(|b| uses[b.0 as usize] += 1);
    uses
}

/// Where each item stands when those that are gone have left.
fn positions(gone: &[bool]) -> Vec<u32> {
    let mut at = 0;
    let place = |gone: &bool| {
        let here = at;
        at += u32::from(!gone);
        here
    };
    gone.iter().map(place).collect()
}

/// Takes arrays out of which no block is made any more; the others move up.
fn forget_arrays(graph: &mut Graph, copies: &mut [BlockCopy]) {
    let mut made = vec![false; graph.n_blocks()];
    let ends = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
    ends.flat_map(|a| graph.array(a).blocks()).for_each(|b| made[b.0 as usize] = true);
    graph.tasks.iter().flat_map(|t| &t.outs).for_each(|b| made[b.0 as usize] = true);
    let gone: Vec<bool> = graph.arrays.iter().map(|a| !a.blocks().any(|b| made[b.0 as usize])).collect();
    let mut unused = vec![false; made.len()];
    for (array, gone) in graph.arrays.iter().zip(&gone) {
        array.blocks().for_each(|b| unused[b.0 as usize] = *gone);
    }
    let (arrays, blocks) = (positions(&gone), positions(&unused));
    let array = |id: &mut ArrayId| id.0 = arrays[id.0 as usize];
    let block = |id: &mut BlockId| id.0 = blocks[id.0 as usize];
    let mut kept = gone.iter().map(|gone| !gone);
    graph.arrays.retain(|_| kept.next().unwrap_or(true));
    graph.arrays.iter_mut().for_each(|a| block(&mut a.first));
    graph.inputs.iter_mut().for_each(array);
    graph.outputs.iter_mut().for_each(|o| array(&mut o.array));
    for task in &mut graph.tasks {
        task.outs.iter_mut().for_each(block);
        for arg in &mut task.args {
            if let Arg::Block(b) = arg {
                block(b);
            }
        }
    }
    copies.iter_mut().for_each(|c| block(&mut c.block));
}
