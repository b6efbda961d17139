//! One task for what a node joins by itself: the last step of planning, once every task has its node.
//!
//! A reduction over k blocks is a tree of k - 1 joins of two. Where a whole subtree runs on one node and its blocks are small, a task of its
//! own for each join costs more than the join, so the subtree becomes one `combine` of all its leaves. It joins them in the same order
//! (a range splits at ⌈n/2⌉), so no bit changes; a subtree of another form stays as it is, and so does a reduction whose leaves on the node
//! wait for different blocks of other nodes: those that come first would all be held until the last one is there. Nor does a node hold more for it that might
//! not have the room. So do steps of a `take` by blocks that the node has: one task looks at all positions once. What is no longer
//! made leaves the graph.

use super::ClusterSpec;
use nums_ir::data::DataTask;
use nums_ir::graph::{Arg, ArrayId, BlockCopy, BlockId, Graph, NodeId, Placement, Task, TaskId, TaskOp};
use nums_ir::ops::ReduceOp;

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

/// Gives each task the operands of those before it that it takes over; which tasks are gone.
fn merge(graph: &mut Graph, placement: &Placement, spec: &ClusterSpec) -> Vec<bool> {
    let mut gone = vec![false; graph.tasks.len()];
    let makers = Makers::of(graph, placement);
    let (roomy, alike) = (roomy(graph, placement, spec), alike(graph, &makers));
    for t in 0..graph.tasks.len() {
        if !roomy[placement.tasks[t].0 as usize] {
            continue;
        }
        if let TaskOp::Combine(op) = graph.tasks[t].op {
            if alike[t] {
                join(graph, &makers, t, op, &mut gone);
            }
        } else if let TaskOp::Data(DataTask::Take { first: false, .. }) = graph.tasks[t].op {
            take(graph, &makers, t, &mut gone);
        }
    }
    gone
}

/// Gives join `t` the leaves of the joins that make its operands.
fn join(graph: &mut Graph, makers: &Makers<'_>, t: usize, op: ReduceOp, gone: &mut [bool]) {
    let (&[out], &[Arg::Block(left), Arg::Block(right)]) = (&graph.tasks[t].outs[..], &graph.tasks[t].args[..]) else { return };
    // The task that makes an operand, if it can be part of this one.
    let part = |b: BlockId| {
        let maker = makers.join_before(graph, t, op, b)?;
        operands(&graph.tasks[maker].args).all(|b| makers.is_here(b, t)).then_some(maker)
    };
    let parts = [(part(left), left), (part(right), right)];
    let leaves = parts.map(|(m, _)| m.map_or(1, |m| graph.tasks[m].args.len()));
    let n = leaves[0] + leaves[1];
    let small = n <= LEAVES && graph.bytes(out) * n as u64 <= BYTES;
    let here = parts.iter().all(|(_, block)| makers.is_here(*block, t));
    if n == 2 || !small || leaves[0] != n.div_ceil(2) || !here {
        return;
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

/// By task: whether it joins leaves of a reduction that wait, on its node, for the same blocks of other nodes if for any.
fn alike(graph: &Graph, makers: &Makers<'_>) -> Vec<bool> {
    let n = graph.tasks.len();
    // A leaf of each join, and whether all wait as it does.
    let (mut leaf, mut alike) = (vec![None; n], vec![true; n]);
    let joins = |t: usize| {
        let op = if let TaskOp::Combine(op) = graph.tasks[t].op { Some(op) } else { None };
        op.into_iter().flat_map(move |op| operands(&graph.tasks[t].args).map(move |b| (b, makers.join_before(graph, t, op, b))))
    };
    for t in 0..n {
        for (block, before) in joins(t) {
            let own = match before {
                Some(m) => leaf[m],
                None => Some(block).filter(|b| makers.is_here(*b, t)),
            };
            alike[t] &= before.is_none_or(|m| alike[m]);
            match (leaf[t], own) {
                (Some(a), Some(b)) => alike[t] &= makers.wait_alike(graph, [a, b], t),
                (None, own) => leaf[t] = own,
                (Some(_), None) => {}
            }
        }
    }
    for t in (0..n).rev() {
        if !alike[t] {
            joins(t).filter_map(|(_, before)| before).for_each(|m| alike[m] = false);
        }
    }
    alike
}

/// Gives step `t` of a take the blocks of the step before it, if they are the node's: others are held for one step only.
fn take(graph: &mut Graph, makers: &Makers<'_>, t: usize, gone: &mut [bool]) {
    let parts = |task: &Task| {
        let TaskOp::Data(DataTask::Take { axis, sizes, offset, shape, first }) = &task.op else { return None };
        let begin = usize::from(!first);
        let end = begin + offset.len() / sizes.len().max(1);
        (end <= task.args.len()).then(|| ((*axis, sizes.clone(), shape.clone()), offset.clone(), *first, end))
    };
    let Some((what, own, false, end)) = parts(&graph.tasks[t]) else { return };
    let Some(&Arg::Block(so_far)) = graph.tasks[t].args.first() else { return };
    let Some(before) = makers.before(t, so_far).filter(|m| !makers.fetches[*m]) else { return };
    let Some((what_before, mut offset, first, end_before)) = parts(&graph.tasks[before]) else { return };
    let here = operands(&graph.tasks[before].args[..end_before]).all(|b| makers.is_here(b, t));
    if !here || what != what_before || graph.tasks[t].args[end..] != graph.tasks[before].args[end_before..] {
        return;
    }
    offset.extend(own);
    let (axis, sizes, shape) = what;
    let mut args = std::mem::take(&mut graph.tasks[before].args);
    args.truncate(end_before);
    args.extend_from_slice(&graph.tasks[t].args[1..]);
    gone[before] = true;
    graph.tasks[t].args = args;
    graph.tasks[t].op = TaskOp::Data(DataTask::Take { axis, sizes, offset, shape, first });
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

/// Where blocks come from and go to.
struct Makers<'a> {
    /// The node of each task.
    at: &'a [NodeId],
    /// Whether a task fetches something from another node.
    fetches: Vec<bool>,
    /// The node that makes each block, or has it.
    nodes: Vec<NodeId>,
    /// The task that makes it.
    tasks: Vec<u32>,
    uses: Vec<u32>,
}

impl Makers<'_> {
    fn of<'a>(graph: &Graph, placement: &'a Placement) -> Makers<'a> {
        let (mut nodes, mut tasks) = (vec![NodeId(0); graph.n_blocks()], vec![NONE; graph.n_blocks()]);
        nodes[..placement.homes.len()].copy_from_slice(&placement.homes);
        for (t, (task, node)) in graph.tasks.iter().zip(&placement.tasks).enumerate() {
            for out in &task.outs {
                (nodes[out.0 as usize], tasks[out.0 as usize]) = (*node, t as u32);
            }
        }
        let mut fetches = vec![false; graph.tasks.len()];
        placement.copies.iter().for_each(|c| fetches[c.before.0 as usize] = true);
        Makers { at: &placement.tasks, fetches, nodes, tasks, uses: uses(graph) }
    }

    fn task(&self, block: BlockId) -> Option<usize> {
        Some(self.tasks[block.0 as usize]).filter(|t| *t != NONE).map(|t| t as usize)
    }

    /// The task of the same node that makes a block for `task` alone.
    fn before(&self, task: usize, block: BlockId) -> Option<usize> {
        self.task(block).filter(|m| self.at[*m] == self.at[task] && self.uses[block.0 as usize] == 1)
    }

    /// The join of the same node that makes a block for join `task` alone.
    fn join_before(&self, graph: &Graph, task: usize, op: ReduceOp, block: BlockId) -> Option<usize> {
        self.before(task, block).filter(|m| graph.tasks[*m].op == TaskOp::Combine(op))
    }

    /// Whether a block is made on the node of `task`, or lies there.
    fn is_here(&self, block: BlockId, task: usize) -> bool {
        self.nodes[block.0 as usize] == self.at[task]
    }

    /// Whether two leaves are made of the same blocks of other nodes than that of `task`, if of any.
    fn wait_alike(&self, graph: &Graph, leaves: [BlockId; 2], task: usize) -> bool {
        let awaited = |b: BlockId| {
            let args = self.task(b).map_or(&[][..], |t| &graph.tasks[t].args);
            operands(args).filter(|b| !self.is_here(*b, task))
        };
        awaited(leaves[0]).eq(awaited(leaves[1]))
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
