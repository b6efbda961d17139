//! Requests: what the user waits for, and who answers.
//!
//! A block is asked of its node once, however many wait for it; one of which the driver has a copy is not asked for. Nothing is
//! asked while an epoch begins: what is awaited then is asked for again at its end, wherever it is by then.

use super::lineage::Cause;
use super::{Action, Driver, Reply, Ticket};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::pool::{Copy, Gid};
use crate::wire::message::ToWorker;
use nums_ir::graph::NodeId;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What is wanted of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Bytes,
    Presence,
}

/// Blocks that are awaited together.
pub(super) struct Request {
    want: Want,
    ids: Vec<Gid>,
    /// Those of them, each once, that are not there yet.
    missing: usize,
    got: Ids<Arc<Block>>,
}

/// Who waits for blocks, by what is wanted of them.
#[derive(Default)]
pub(super) struct Readers {
    bytes: Ids<Tickets>,
    presence: Ids<Tickets>,
}

/// Requests that wait for one block; mostly one does.
pub(super) struct Tickets {
    last: Ticket,
    before: Vec<Ticket>,
}

impl Readers {
    fn of(&self, want: Want) -> &Ids<Tickets> {
        match want {
            Want::Bytes => &self.bytes,
            Want::Presence => &self.presence,
        }
    }

    fn of_mut(&mut self, want: Want) -> &mut Ids<Tickets> {
        match want {
            Want::Bytes => &mut self.bytes,
            Want::Presence => &mut self.presence,
        }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.presence.is_empty()
    }

    /// Lets a request wait for a block. Whether it is the first that does, and whether it did not before.
    fn add(&mut self, id: Gid, want: Want, ticket: Ticket) -> (bool, bool) {
        let readers = self.of_mut(want);
        let Some(tickets) = readers.get_mut(id) else {
            readers.insert(id, Tickets { last: ticket, before: Vec::new() });
            return (true, true);
        };
        // The blocks of one request are added in a row.
        let is_new = tickets.last != ticket;
        if is_new {
            tickets.before.push(std::mem::replace(&mut tickets.last, ticket));
        }
        (false, is_new)
    }

    /// Who waits for a block, and waits no longer.
    fn take(&mut self, id: Gid, want: Want) -> impl Iterator<Item = Ticket> + use<> {
        let tickets = self.of_mut(want).remove(id);
        tickets.into_iter().flat_map(|Tickets { last, before }| before.into_iter().chain([last]))
    }

    /// A request no longer waits for a block.
    fn forget(&mut self, id: Gid, want: Want, ticket: Ticket) {
        let readers = self.of_mut(want);
        let Some(tickets) = readers.get_mut(id) else { return };
        tickets.before.retain(|t| *t != ticket);
        if tickets.last == ticket {
            match tickets.before.pop() {
                Some(before) => tickets.last = before,
                None => drop(readers.remove(id)),
            }
        }
    }

    /// All blocks that somebody waits for, in order.
    fn ids(&self) -> Vec<Gid> {
        let mut ids: Vec<Gid> = self.bytes.iter().chain(self.presence.iter()).map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
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
        let copy = |id: &Gid| match self.lineage.get(*id)?.copy()? {
            Copy::Here(block) => Some((*id, Arc::clone(block))),
            Copy::Again(..) => None,
        };
        let got: Ids<Arc<Block>> = ids.iter().filter_map(copy).collect();
        let (mut ask, mut missing) = (Vec::new(), 0);
        for &id in ids.iter().filter(|id| !got.contains(**id)) {
            let (is_first, is_new) = self.readers.add(id, want, ticket);
            ask.extend(is_first.then_some(id));
            missing += usize::from(is_new);
        }
        self.requests.insert(ticket, Request { want, ids, missing, got });
        self.ask(want, ask, actions);
        if missing == 0 {
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
        let awaited = self.readers.ids();
        for &id in &awaited {
            let failure = self.lineage.get(id).and_then(|known| known.failure().cloned());
            if let Some(cause) = failure {
                self.refuse_readers(id, &cause, actions);
            }
        }
        self.ask_for(&awaited, actions);
    }

    /// Asks for those of the blocks that somebody waits for.
    pub(super) fn ask_for(&self, ids: &[Gid], actions: &mut Vec<Action>) {
        for want in [Want::Bytes, Want::Presence] {
            let ids = ids.iter().copied().filter(|&id| self.readers.of(want).contains(id)).collect();
            self.ask(want, ids, actions);
        }
    }

    /// A block is there: whoever waits for it is one block further.
    pub(super) fn resolve(&mut self, id: Gid, want: Want, block: Option<Arc<Block>>, actions: &mut Vec<Action>) {
        for ticket in self.readers.take(id, want) {
            let Some(request) = self.requests.get_mut(&ticket) else { continue };
            request.missing -= 1;
            if let Some(block) = &block {
                request.got.insert(id, Arc::clone(block));
            }
            if request.missing == 0 {
                self.answer(ticket, actions);
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, actions: &mut Vec<Action>) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        let reply = match request.want {
            Want::Presence => Reply::Done,
            Want::Bytes => Reply::Blocks(request.ids.iter().filter_map(|id| request.got.get(*id).cloned()).collect()),
        };
        actions.push(Action::Answer(ticket, Ok(reply)));
    }

    /// A block cannot be had: whoever waits for it is told.
    pub(super) fn refuse_readers(&mut self, id: Gid, cause: &Cause, actions: &mut Vec<Action>) {
        for want in [Want::Bytes, Want::Presence] {
            for ticket in self.readers.take(id, want) {
                let error = self.tell(cause.clone());
                self.refuse(ticket, error, actions);
            }
        }
    }

    /// Answers a request with an error. Blocks that are still on their way find no reader.
    pub(super) fn refuse(&mut self, ticket: Ticket, error: Error, actions: &mut Vec<Action>) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        for id in request.ids {
            self.readers.forget(id, request.want, ticket);
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
