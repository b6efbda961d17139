//! Requests: what the user waits for, and who answers.
//!
//! A block is asked of its node once, however many wait for it; one of which the driver has a copy is not asked for. Nothing is
//! asked while an epoch begins: what is awaited then is asked for again at its end, wherever it is by then.

use super::lineage::Cause;
use super::{Action, Driver, Reply, Ticket};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::pool::{Copy, Gid};
use crate::wire::message::ToWorker;
use nums_ir::graph::NodeId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What is wanted of a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Want {
    Bytes,
    Presence,
}

/// Blocks that are awaited together.
pub(super) struct Request {
    want: Want,
    ids: Vec<Gid>,
    missing: HashSet<Gid>,
    got: HashMap<Gid, Arc<Block>>,
}

/// Counts that are awaited from nodes.
pub(super) struct Survey {
    missing: HashSet<NodeId>,
}

impl Driver {
    pub(super) fn request(&mut self, ticket: Ticket, want: Want, ids: Vec<Gid>, actions: &mut Vec<Action>) {
        if let Err(error) = self.can_have(&ids) {
            actions.push(Action::Answer(ticket, Err(error)));
            return;
        }
        let copy = |id: &Gid| match self.lineage.get(*id)?.copy.as_ref()? {
            Copy::Here(block) => Some((*id, Arc::clone(block))),
            Copy::Again(..) => None,
        };
        let got: HashMap<Gid, Arc<Block>> = ids.iter().filter_map(copy).collect();
        let missing: HashSet<Gid> = ids.iter().copied().filter(|id| !got.contains_key(id)).collect();
        let mut ask = Vec::new();
        for &id in ids.iter().filter(|id| missing.contains(id)) {
            let readers = self.readers.entry((id, want)).or_default();
            if readers.is_empty() {
                ask.push(id);
            }
            if readers.last() != Some(&ticket) {
                readers.push(ticket);
            }
        }
        let done = missing.is_empty();
        self.requests.insert(ticket, Request { want, ids, missing, got });
        self.ask(want, ask, actions);
        if done {
            self.answer(ticket, actions);
        }
    }

    /// Whether these blocks can be asked for: somebody works, they live, and are not known to have failed.
    fn can_have(&mut self, ids: &[Gid]) -> Result<()> {
        self.can_work()?;
        ids.iter().try_for_each(|&id| self.living(id).map(drop))
    }

    /// Asks the nodes of these blocks, unless an epoch begins.
    fn ask(&self, want: Want, ids: Vec<Gid>, actions: &mut Vec<Action>) {
        if self.recovery.is_some() {
            return;
        }
        let mut by_node: BTreeMap<NodeId, Vec<Gid>> = BTreeMap::new();
        for id in ids {
            // What is read again is asked for when it is there.
            if let Some(known) = self.lineage.get(id).filter(|known| !known.coming) {
                by_node.entry(known.node).or_default().push(id);
            }
        }
        for (node, ids) in by_node {
            let message = match want {
                Want::Bytes => ToWorker::Get(ids),
                Want::Presence => ToWorker::Watch(ids),
            };
            actions.push(Action::Send(node, message));
        }
    }

    /// At the end of a recovery: asks for what is awaited; who waits for what can never be had is told.
    pub(super) fn ask_again(&mut self, actions: &mut Vec<Action>) {
        let mut awaited: Vec<Gid> = self.readers.keys().map(|(id, _)| *id).collect();
        awaited.sort_unstable();
        awaited.dedup();
        for &id in &awaited {
            let failure = self.lineage.get(id).and_then(|known| known.failure.as_deref().cloned());
            if let Some(cause) = failure {
                self.refuse_readers(id, &cause, actions);
            }
        }
        self.ask_for(&awaited, actions);
    }

    /// Asks for those of the blocks that somebody waits for.
    pub(super) fn ask_for(&self, ids: &[Gid], actions: &mut Vec<Action>) {
        for want in [Want::Bytes, Want::Presence] {
            let ids = ids.iter().copied().filter(|&id| self.readers.contains_key(&(id, want))).collect();
            self.ask(want, ids, actions);
        }
    }

    /// A block is there: whoever waits for it is one block further.
    pub(super) fn resolve(&mut self, id: Gid, want: Want, block: Option<Arc<Block>>, actions: &mut Vec<Action>) {
        for ticket in self.readers.remove(&(id, want)).unwrap_or_default() {
            let Some(request) = self.requests.get_mut(&ticket) else { continue };
            request.missing.remove(&id);
            if let Some(block) = &block {
                request.got.insert(id, Arc::clone(block));
            }
            if request.missing.is_empty() {
                self.answer(ticket, actions);
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, actions: &mut Vec<Action>) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        let reply = match request.want {
            Want::Presence => Reply::Done,
            Want::Bytes => Reply::Blocks(request.ids.iter().filter_map(|id| request.got.get(id).cloned()).collect()),
        };
        actions.push(Action::Answer(ticket, Ok(reply)));
    }

    /// A block cannot be had: whoever waits for it is told.
    pub(super) fn refuse_readers(&mut self, id: Gid, cause: &Cause, actions: &mut Vec<Action>) {
        for want in [Want::Bytes, Want::Presence] {
            for ticket in self.readers.remove(&(id, want)).unwrap_or_default() {
                let error = self.tell(cause.clone());
                self.refuse(ticket, error, actions);
            }
        }
    }

    /// Answers a request with an error. Blocks that are still on their way find no reader.
    pub(super) fn refuse(&mut self, ticket: Ticket, error: Error, actions: &mut Vec<Action>) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        for id in request.missing {
            if let Some(readers) = self.readers.get_mut(&(id, request.want)) {
                readers.retain(|&t| t != ticket);
                if readers.is_empty() {
                    self.readers.remove(&(id, request.want));
                }
            }
        }
        actions.push(Action::Answer(ticket, Err(error)));
    }

    pub(super) fn survey(&mut self, ticket: Ticket, actions: &mut Vec<Action>) {
        let nodes: Vec<NodeId> = self.alive().filter(|_| !self.closed).collect();
        self.surveys.insert(ticket, Survey { missing: nodes.iter().copied().collect() });
        actions.extend(nodes.iter().map(|&n| Action::Send(n, ToWorker::Stats(ticket))));
        self.surveyed(ticket, NodeId(u32::MAX), actions);
    }

    pub(super) fn surveyed(&mut self, ticket: Ticket, node: NodeId, actions: &mut Vec<Action>) {
        let Some(survey) = self.surveys.get_mut(&ticket) else { return };
        survey.missing.remove(&node);
        if survey.missing.is_empty() {
            self.surveys.remove(&ticket);
            let stats = self.nodes.iter().map(|n| n.stats.clone()).collect();
            actions.push(Action::Answer(ticket, Ok(Reply::Stats(stats))));
        }
    }

    /// Answers who waits for the end, once nothing is unfinished.
    pub(super) fn finish(&mut self, actions: &mut Vec<Action>) {
        if self.closed || (self.running.is_empty() && self.queue.is_empty() && self.recovery.is_none()) {
            for ticket in std::mem::take(&mut self.finishing) {
                let first = if self.unread.is_empty() { None } else { Some(self.unread.remove(0).1) };
                actions.push(Action::Answer(ticket, first.map_or(Ok(Reply::Done), Err)));
            }
        }
    }
}
