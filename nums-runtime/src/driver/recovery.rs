//! Recovery: after a loss, what must be made again and where.
//!
//! A loss begins an epoch: all who live forget what is unfinished and say what they hold. When the last has answered, the
//! driver asks lineage for what is missing: blocks with a handle, results of unfinished calls, and whatever these are made
//! of. A block comes from the driver's copy, or from its call, of which only the tasks run that lead to it. Calls run again
//! in their order, under new serials; tasks of nodes that are gone go to who lives (`remap`). Tasks are pure, and a call's
//! graph holds the order in which partial results are joined, so the bits are those that were lost. What cannot be had
//! fails with the loss, and so does what depends on it. A further loss in the middle begins a further epoch.
//!
//! A node that joins takes part from the next call on. It begins without blocks, and once it has said that it is in the epoch of
//! all nothing that runs needs to hear of it; only where nobody lived, what can be had again is had again on it.

use super::batch::{self, Run};
use super::lineage::{CallId, Cause, Known, Made};
use super::pace::Times;
use super::remap::remap;
use super::{Action, Driver, Node, Running, Unread};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::native::{Code, Isa};
use crate::pool::{Call, Copy, Gid};
use crate::wire::message::{Epoch, Origin, Peer, ToWorker};
use nums_ir::graph::{Arg, BlockId, NodeId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// An epoch that has not begun everywhere.
pub(super) struct Recovery {
    waiting: HashSet<NodeId>,
    held: HashMap<Gid, NodeId>,
}

impl Recovery {
    /// A block goes to a node that may have answered already, or whose answer was on the way.
    pub(super) fn hold(&mut self, id: Gid, node: NodeId) {
        self.held.insert(id, node);
    }
}

/// What is missing.
#[derive(Default)]
pub(super) struct Demand {
    /// Results to make, by call.
    results: BTreeMap<CallId, Vec<Gid>>,
    /// Blocks that are put again.
    puts: BTreeSet<Gid>,
    /// Blocks that nobody has and nothing makes.
    pub(super) gone: BTreeSet<Gid>,
}

/// Connections between two nodes that may end without anything getting done in between; then one of the nodes is given up.
const STRIKES: u32 = 3;
/// Nodes that may be lost without a call that ends in between: then what runs is given up, or replacements would die of it forever.
const LOSSES: usize = 16;

impl Driver {
    pub(super) fn on_lost(&mut self, node: NodeId, why: String, actions: &mut Vec<Action>) {
        if self.is_gone(node) || self.closed {
            return;
        }
        let was_alive = self.is_alive(node);
        self.nodes[node.0 as usize].lost = Some(why);
        if !was_alive {
            return;
        }
        self.last_lost = node;
        self.losses += 1;
        if self.losses > LOSSES {
            self.give_up_calls(node);
        }
        self.look_around();
        for ticket in self.surveys.keys().copied().collect::<Vec<_>>() {
            self.surveyed(ticket, node, actions);
        }
        self.begin_epoch(actions);
    }

    /// Whatever runs seems to end those who run it: what it was to make fails.
    fn give_up_calls(&mut self, node: NodeId) {
        let Error::WorkerLost { node, pid, why } = self.lost_error_of(node) else { return };
        let why = format!("{why}, as {} others were since a call last ended", self.losses - 1);
        let error = Error::WorkerLost { node, pid, why };
        let is_made = |known: &Known| known.copy().is_none() && self.is_pending(known);
        let made: Vec<Gid> = self.lineage.blocks().filter(|(_, known)| is_made(known)).map(|(id, _)| id).collect();
        if !made.is_empty() {
            self.unread.push((Unread::Node(NodeId(node)), error.clone()));
        }
        for id in made {
            self.lineage.fail(id, Cause::Lost(error.clone()));
        }
    }

    /// A node has come. Whoever is there hears where it listens before anything is to be pulled from it.
    pub(super) fn on_join(&mut self, peer: Peer, isa: Isa, threads: u32, actions: &mut Vec<Action>) {
        let code = Code { isa: self.code.isa.min(isa), ..self.code };
        actions.extend(self.present().map(|n| Action::Send(n, ToWorker::Peer(peer))));
        self.nodes.push(Node { coming: true, threads, ..Node::new(peer.pid, code) });
        self.kernels.add_node();
        self.running.values_mut().for_each(|running| running.left.push(0));
        actions.push(Action::Send(peer.node, if self.closed { ToWorker::Shutdown } else { ToWorker::Epoch(self.epoch) }));
    }

    /// A node that has come is in this epoch now.
    pub(super) fn on_come(&mut self, node: NodeId, epoch: Epoch, actions: &mut Vec<Action>) {
        if epoch != self.epoch || self.closed || self.is_gone(node) {
            return;
        }
        let nobody_lived = self.alive().next().is_none();
        let Some(come) = self.nodes.get_mut(node.0 as usize) else { return };
        come.coming = false;
        self.look_around();
        if nobody_lived {
            // What everybody's loss cost is had again, or named by who misses it.
            self.unread.retain(|(about, _)| *about != Unread::Node(self.last_lost));
            self.begin_epoch(actions);
        }
    }

    /// The nodes that are alive or about to be.
    fn present(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len() as u32).map(NodeId).filter(|&n| !self.closed && !self.is_gone(n))
    }

    /// A node cannot reach another. What was on the way is asked for again; if that does not help, the other is given up.
    pub(super) fn on_unreachable(&mut self, from: NodeId, node: NodeId, epoch: Epoch, actions: &mut Vec<Action>) {
        if epoch != self.epoch || !self.is_alive(node) || self.closed {
            return;
        }
        let strikes = self.strikes.entry((from.min(node), from.max(node))).or_default();
        *strikes += 1;
        if *strikes <= STRIKES {
            self.begin_epoch(actions);
        } else {
            actions.push(Action::GiveUp(node));
            self.on_lost(node, format!("n{} cannot reach it", from.0), actions);
        }
    }

    fn begin_epoch(&mut self, actions: &mut Vec<Action>) {
        self.epoch += 1;
        self.running.clear();
        self.unfinished = 0;
        actions.extend(self.present().map(|n| Action::Send(n, ToWorker::Epoch(self.epoch))));
        let waiting: HashSet<NodeId> = self.alive().collect();
        if waiting.is_empty() {
            return self.end_of_all(actions);
        }
        self.recovery = Some(Recovery { waiting, held: HashMap::new() });
    }

    /// Nobody lives: whoever waits is told, and nothing that was here can be had.
    fn end_of_all(&mut self, actions: &mut Vec<Action>) {
        self.recovery = None;
        let node = self.last_lost;
        self.unread.push((Unread::Node(node), self.lost_error_of(node)));
        for call in self.lineage.unfinished() {
            self.lineage.end(call);
        }
        let mut waiting: Vec<_> = self.requests.keys().copied().collect();
        waiting.sort_unstable();
        for ticket in waiting {
            let error = self.lost_error(node);
            self.refuse(ticket, error, actions);
        }
    }

    pub(super) fn on_inventory(&mut self, node: NodeId, epoch: Epoch, held: Vec<Gid>, actions: &mut Vec<Action>) {
        let Some(recovery) = self.recovery.as_mut().filter(|_| epoch == self.epoch) else { return };
        recovery.waiting.remove(&node);
        recovery.held.extend(held.into_iter().map(|id| (id, node)));
        if recovery.waiting.is_empty()
            && let Some(recovery) = self.recovery.take()
        {
            self.recover(recovery.held, actions);
        }
    }

    fn recover(&mut self, mut held: HashMap<Gid, NodeId>, actions: &mut Vec<Action>) {
        for (&id, &node) in &held {
            if let Some(known) = self.lineage.known_mut(id) {
                (known.node, known.coming) = (node, false);
            }
        }
        let unfinished = self.lineage.unfinished();
        let (demand, runs) = self.demand(&held, &unfinished);
        for id in demand.gone {
            self.give_up(id);
        }
        self.put_again(&demand.puts, actions);
        held.extend(demand.puts.iter().filter_map(|&id| Some((id, self.lineage.known(id)?.node))));
        // What stays on a node only because the next calls need it is released once they have been told.
        let mut kept: Vec<(Gid, NodeId)> = held.iter().map(|(&id, &node)| (id, node)).collect();
        for (call, tasks) in runs {
            self.run_again(call, tasks, &held, &mut kept, actions);
        }
        for call in unfinished {
            if !self.running.values().any(|r| r.call == Some(call)) {
                self.lineage.end(call);
            }
        }
        let mut strays: BTreeMap<NodeId, Vec<Gid>> = BTreeMap::new();
        for (id, node) in kept.into_iter().filter(|(id, _)| self.lineage.get(*id).is_none()) {
            strays.entry(node).or_default().push(id);
        }
        for (node, mut ids) in strays {
            ids.sort_unstable();
            actions.push(Action::Send(node, ToWorker::Release(ids)));
        }
        self.look_around();
        self.ask_again(actions);
    }

    /// What is missing, and the tasks of each call that lead to it. From the last call to the first: what a call needs, earlier
    /// calls make.
    pub(super) fn demand(&self, held: &HashMap<Gid, NodeId>, unfinished: &[CallId]) -> (Demand, BTreeMap<CallId, Vec<bool>>) {
        let mut demand = Demand::default();
        for (id, _) in self.lineage.blocks().filter(|(_, known)| known.handle) {
            self.want(id, held, &mut demand);
        }
        for &call in unfinished {
            let Some(record) = self.lineage.record(call) else { continue };
            let n_inputs = record.call.inputs.len();
            let results = batch::results(&record.call.graph, n_inputs).into_iter().enumerate().filter(|(_, is)| *is);
            let missing = |id: &Gid| {
                let gone = self.lineage.known(*id).is_none_or(|k| k.failure().is_none() && k.copy().is_none());
                gone && !held.contains_key(id)
            };
            let ids = results.map(|(block, _)| record.call.id(block)).filter(missing);
            demand.results.entry(call).or_default().extend(ids);
        }
        let mut runs = BTreeMap::new();
        while let Some((id, results)) = demand.results.pop_last() {
            let Some(record) = self.lineage.record(id) else { continue };
            runs.insert(id, self.tasks_for(&record.call, &results, held, &mut demand));
        }
        (demand, runs)
    }

    fn want(&self, id: Gid, held: &HashMap<Gid, NodeId>, demand: &mut Demand) {
        let Some(known) = self.lineage.known(id).filter(|k| k.failure().is_none() && !held.contains_key(&id)) else { return };
        if known.copy().is_some() {
            demand.puts.insert(id);
        } else if let Some(maker) = self.lineage.maker(id) {
            demand.results.entry(maker).or_default().push(id);
        } else {
            demand.gone.insert(id);
        }
    }

    /// The tasks of a call that lead to these results; what they need of other calls is wanted.
    fn tasks_for(&self, call: &Call, results: &[Gid], held: &HashMap<Gid, NodeId>, demand: &mut Demand) -> Vec<bool> {
        let n_inputs = call.inputs.len();
        let mut wanted = vec![false; call.graph.n_blocks()];
        for id in results {
            wanted[(id - call.first) as usize + n_inputs] = true;
        }
        let mut tasks = vec![false; call.graph.tasks.len()];
        for (task, runs) in call.graph.tasks.iter().zip(&mut tasks).rev() {
            *runs = task.outs.iter().any(|out| wanted[out.0 as usize]);
            for arg in task.args.iter().filter(|_| *runs) {
                let Arg::Block(BlockId(block)) = *arg else { continue };
                let block = block as usize;
                if block >= n_inputs {
                    let id = call.id(block);
                    let copied = self.lineage.known(id).is_some_and(|k| k.copy().is_some());
                    wanted[block] = !copied && !held.contains_key(&id);
                    if copied {
                        self.want(id, held, demand);
                    }
                } else if !std::mem::replace(&mut wanted[block], true) {
                    self.want(call.inputs[block], held, demand);
                }
            }
        }
        tasks
    }

    /// A block that nobody has, that no call makes and of which there is no copy.
    fn give_up(&mut self, id: Gid) {
        let node = self.lineage.known(id).map_or(self.last_lost, |k| k.node);
        let Error::WorkerLost { node, pid, why } = self.lost_error_of(node) else { return };
        let why = format!("{why}, and with it block g{id}, of which the driver has no copy");
        let error = Error::WorkerLost { node, pid, why };
        if !self.unread.iter().any(|(about, _)| *about == Unread::Node(NodeId(node))) {
            self.unread.push((Unread::Node(NodeId(node)), error.clone()));
        }
        self.lineage.fail(id, Cause::Lost(error));
    }

    /// Puts blocks again from their copies: runs of blocks that were one after the other on one node are shared among all. What
    /// must be read first comes later; tasks that need it wait for it.
    fn put_again(&mut self, ids: &BTreeSet<Gid>, actions: &mut Vec<Action>) {
        let alive: Vec<NodeId> = self.alive().collect();
        let ids: Vec<(Gid, NodeId)> = ids.iter().filter_map(|&id| Some((id, self.lineage.known(id)?.node))).collect();
        let mut reads = Vec::new();
        for run in ids.chunk_by(|(a, m), (b, n)| a + 1 == *b && m == n) {
            for (k, &(id, node)) in run.iter().enumerate() {
                let to = alive[(k * alive.len() / run.len() + node.0 as usize) % alive.len()];
                let Some(known) = self.lineage.known_mut(id) else { continue };
                known.node = to;
                known.coming = matches!(known.copy(), Some(Copy::Again(..)));
                match known.copy() {
                    Some(Copy::Here(block)) => actions.push(Action::Send(to, ToWorker::Put(id, Arc::clone(block)))),
                    Some(copy @ Copy::Again(..)) => reads.push((id, copy.clone())),
                    None => {}
                }
            }
        }
        if !reads.is_empty() {
            actions.push(Action::Read(self.epoch, reads));
        }
    }

    /// A block was read again, or cannot be: then a new epoch begins, in which it and what needs it fail.
    pub(super) fn on_read(&mut self, epoch: Epoch, id: Gid, block: Result<Arc<Block>>, actions: &mut Vec<Action>) {
        let current = epoch == self.epoch && !self.closed;
        let Some(known) = self.lineage.known_mut(id).filter(|_| current) else { return };
        known.coming = false;
        match block {
            Ok(block) => {
                actions.push(Action::Send(known.node, ToWorker::Put(id, block)));
                if !known.handle {
                    actions.push(Action::Send(known.node, ToWorker::Release(vec![id])));
                }
                self.ask_for(&[id], actions);
            }
            Err(error) => {
                self.unread.push((Unread::Source, error.clone()));
                self.lineage.fail(id, Cause::Lost(error));
                self.begin_epoch(actions);
            }
        }
    }

    /// Runs tasks of a call again. Those that need what cannot be had fail instead.
    fn run_again(
        &mut self,
        id: CallId,
        mut tasks: Vec<bool>,
        held: &HashMap<Gid, NodeId>,
        kept: &mut Vec<(Gid, NodeId)>,
        actions: &mut Vec<Action>,
    ) {
        self.fail_tasks(id, &mut tasks);
        let alive: Vec<bool> = self.nodes.iter().map(|n| n.lost.is_none()).collect();
        let Some(record) = self.lineage.record(id) else { return };
        let (call, n_inputs) = (&record.call, record.call.inputs.len());
        let results = batch::results(&call.graph, n_inputs);
        let mut owners = vec![NodeId(0); results.len()];
        let mut origins = vec![Origin::Made; results.len()];
        for (block, is_result) in results.into_iter().enumerate() {
            let gid = call.id(block);
            let known = self.lineage.known(gid);
            if let Some(&node) = held.get(&gid).filter(|_| block >= n_inputs) {
                (owners[block], origins[block]) = (node, Origin::Here);
            } else if block < n_inputs {
                (owners[block], origins[block]) = (known.map_or(NodeId(0), |k| k.node), Origin::Here);
            } else if let Some(known) = known.filter(|_| is_result) {
                let copied = known.copied && known.copy().is_none();
                origins[block] = if copied { Origin::MadeAndCopied } else { Origin::MadeAndKept };
            }
        }
        let placed = remap(&call.graph, &call.placement.tasks, Some(&tasks), &mut owners, &origins, &alive);
        let made = call.graph.tasks.iter().zip(&tasks).filter(|(_, runs)| **runs).flat_map(|(task, _)| &task.outs);
        let made: Vec<(Gid, NodeId, Origin)> =
            made.map(|o| (call.id(o.0 as usize), owners[o.0 as usize], origins[o.0 as usize])).collect();
        for (gid, node, _) in made.into_iter().filter(|(.., origin)| origin.is_kept()) {
            kept.push((gid, node));
            if let Some(known) = self.lineage.known_mut(gid) {
                (known.node, known.made) = (node, Made::By(self.serial + 1));
            }
        }
        let Some(record) = self.lineage.record_mut(id) else { return };
        if let Some(placed) = placed {
            record.call.placement = Arc::new(placed);
        }
        self.serial += 1;
        let Call { graph, placement, .. } = &*record.call;
        let run = Run { graph, placement, owners: &owners, origins: &origins, tasks: Some(&tasks) };
        let batches = batch::batches(&batch::derive(&run), &record.call, self.serial, &mut self.kernels);
        self.begin(batches, Some(id), actions);
    }

    /// Takes out the tasks that depend on what cannot be had, and fails their results.
    fn fail_tasks(&mut self, id: CallId, tasks: &mut [bool]) {
        let Some(record) = self.lineage.record(id) else { return };
        let call = &record.call;
        let mut broken: HashMap<usize, Cause> = HashMap::new();
        for (block, gid) in call.inputs.iter().enumerate() {
            if let Some(failure) = self.lineage.known(*gid).and_then(Known::failure) {
                broken.insert(block, failure.clone());
            }
        }
        if broken.is_empty() {
            return;
        }
        for (task, runs) in call.graph.tasks.iter().zip(tasks).filter(|(_, runs)| **runs) {
            let failure = task.args.iter().find_map(|arg| match arg {
                Arg::Block(block) => broken.get(&(block.0 as usize)).cloned(),
                Arg::Scalar(_) => None,
            });
            if let Some(failure) = failure {
                *runs = false;
                broken.extend(task.outs.iter().map(|out| (out.0 as usize, failure.clone())));
            }
        }
        let failed: Vec<(Gid, Cause)> =
            broken.into_iter().filter(|(b, _)| *b >= call.inputs.len()).map(|(b, e)| (call.id(b), e)).collect();
        for (gid, cause) in failed {
            self.lineage.fail(gid, cause);
        }
    }

    /// Sends batches and counts what has to end.
    pub(super) fn begin(
        &mut self,
        batches: Vec<(NodeId, crate::wire::message::Batch)>,
        call: Option<CallId>,
        actions: &mut Vec<Action>,
    ) {
        let mut left = vec![0; self.nodes.len()];
        for (node, mut batch) in batches {
            batch.code = self.nodes[node.0 as usize].code;
            left[node.0 as usize] = batch.work.tasks.len() as u32;
            actions.push(Action::Send(node, ToWorker::Tasks(batch)));
        }
        let n: usize = left.iter().map(|&n| n as usize).sum();
        if n > 0 {
            self.unfinished += n;
            self.running.insert(self.serial, Running { left, call, times: Times::default() });
        } else if let Some(call) = call {
            self.lineage.end(call);
        }
    }
}
