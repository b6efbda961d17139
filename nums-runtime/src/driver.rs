//! `Driver`: what the process with the user's program does, as a state machine. Events in, actions out; no socket, no thread.
//!
//! A call becomes one batch a node (`batch`), derived from its graph and placement alone. The driver then only counts: tasks
//! that have not ended (at most `CALLS` calls or `TASKS` tasks; what comes then waits in a queue), blocks that a user's handle
//! keeps, requests of the user that wait for an answer (`Ticket`). Blocks pass through it only when the user puts or
//! fetches them. A failure is kept until somebody has been told; a lost node fails everything that involves it. It never
//! computes.

pub mod batch;

use crate::block::Block;
use crate::error::{Error, Failure, Result};
use crate::native::{Code, Isa};
use crate::pool::{Call, Gid, NodeStats};
use crate::wire::message::{Report, ToDriver, ToWorker};
use batch::Kernels;
use nums_ir::graph::NodeId;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// A request of the user that will be answered once.
pub type Ticket = u64;

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// The user submits a call.
    Submit(Ticket, Box<Call>),
    /// The user hands over a block.
    Put(Ticket, Gid, NodeId, Arc<Block>),
    /// The user wants blocks.
    Fetch(Ticket, Vec<Gid>),
    /// The user waits for blocks.
    Wait(Ticket, Vec<Gid>),
    /// The user's handles of these blocks are gone.
    Release(Vec<Gid>),
    /// The user wants to know what the nodes did.
    Stats(Ticket),
    /// The user waits for everything and wants the first failure that nobody was told of.
    Finish(Ticket),
    /// The cluster closes: whoever still waits is told so.
    Close,
    /// A node says something.
    From(NodeId, ToDriver),
    /// A node is gone.
    Lost(NodeId, String),
}

/// What follows.
#[derive(Debug)]
pub enum Action {
    /// Tell a node.
    Send(NodeId, ToWorker),
    /// Answer the user.
    Answer(Ticket, Result<Reply>),
}

/// Answers to the user.
#[derive(Debug)]
pub enum Reply {
    /// Submitted, put, there, finished.
    Done,
    /// The blocks, in the order asked for.
    Blocks(Vec<Arc<Block>>),
    /// Counts by node.
    Stats(Vec<NodeStats>),
}

/// Calls that may be unfinished.
pub const CALLS: usize = 64;
/// Tasks that may be unfinished.
pub const TASKS: usize = 1 << 18;

/// The driver of one cluster.
pub struct Driver {
    nodes: Vec<Node>,
    blocks: HashMap<Gid, Living>,
    running: BTreeMap<u64, Vec<u32>>,
    unfinished: usize,
    queue: VecDeque<(Ticket, Box<Call>)>,
    requests: HashMap<Ticket, Request>,
    readers: HashMap<(Gid, Want), Vec<Ticket>>,
    surveys: HashMap<Ticket, Survey>,
    finishing: Vec<Ticket>,
    unread: Vec<(Unread, Error)>,
    /// Calls of which a failure was told: reports of it that come later are no news.
    told: HashSet<u64>,
    kernels: Kernels,
    serial: u64,
    closed: bool,
}

struct Node {
    pid: u32,
    /// What its tasks are told to run.
    code: Code,
    lost: Option<String>,
    /// Counts of the node when it last told them.
    stats: NodeStats,
}

/// A block with a handle.
struct Living {
    node: NodeId,
    failure: Option<Failure>,
    /// The call that makes it, by its serial; 0 for what the user put.
    call: u64,
}

/// How far an array is, as its handle shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every block is made.
    Ready,
    /// The call that makes the blocks is not done.
    Pending,
    /// A block is known to have failed.
    Failed,
    /// The cluster has none of these blocks any more.
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Want {
    Bytes,
    Presence,
}

struct Request {
    want: Want,
    ids: Vec<Gid>,
    missing: HashSet<Gid>,
    got: HashMap<Gid, Arc<Block>>,
}

struct Survey {
    missing: HashSet<NodeId>,
}

/// What a kept failure is about: telling the user one failure of a call tells the call's.
#[derive(PartialEq, Eq)]
enum Unread {
    Call(u64),
    Node(NodeId),
}

impl Driver {
    /// A driver of nodes that run in these processes.
    pub fn new(pids: &[u32]) -> Driver {
        let node = |&pid: &u32| Node { pid, code: Code::default(), lost: None, stats: NodeStats { pid, ..NodeStats::default() } };
        Driver {
            nodes: pids.iter().map(node).collect(),
            blocks: HashMap::new(),
            running: BTreeMap::new(),
            unfinished: 0,
            queue: VecDeque::new(),
            requests: HashMap::new(),
            readers: HashMap::new(),
            surveys: HashMap::new(),
            finishing: Vec::new(),
            unread: Vec::new(),
            told: HashSet::new(),
            kernels: Kernels::new(pids.len()),
            serial: 0,
            closed: false,
        }
    }

    /// What tasks are told to run from now on, within what each node has been limited to.
    pub fn use_code(&mut self, code: Code) {
        for node in &mut self.nodes {
            node.code = Code { isa: code.isa.min(node.code.isa), ..code };
        }
    }

    /// A node whose machine has these instructions and no better ones.
    pub fn limit(&mut self, node: NodeId, isa: Isa) {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.code.isa = node.code.isa.min(isa);
        }
    }

    /// Takes one event and says what follows.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Submit(ticket, call) => self.queue.push_back((ticket, call)),
            Event::Put(ticket, id, node, block) => {
                let result = self.put(id, node, block, &mut actions);
                actions.push(Action::Answer(ticket, result.map(|()| Reply::Done)));
            }
            Event::Fetch(ticket, ids) => self.request(ticket, Want::Bytes, ids, &mut actions),
            Event::Wait(ticket, ids) => self.request(ticket, Want::Presence, ids, &mut actions),
            Event::Release(ids) => self.release(ids, &mut actions),
            Event::Stats(ticket) => self.survey(ticket, &mut actions),
            Event::Finish(ticket) => self.finishing.push(ticket),
            Event::Close => self.close(&mut actions),
            Event::From(node, message) => self.on_node(node, message, &mut actions),
            Event::Lost(node, why) => self.on_lost(node, why, &mut actions),
        }
        self.admit(&mut actions);
        self.finish(&mut actions);
        actions
    }

    /// The node that holds a living block.
    pub fn home(&self, id: Gid) -> Option<NodeId> {
        self.blocks.get(&id).map(|b| b.node)
    }

    /// How far the blocks of an array are.
    pub fn state(&self, ids: &[Gid]) -> State {
        let blocks: Option<Vec<&Living>> = ids.iter().map(|id| self.blocks.get(id)).collect();
        match blocks {
            _ if self.closed => State::Gone,
            None => State::Gone,
            Some(blocks) if blocks.iter().any(|b| b.failure.is_some()) => State::Failed,
            Some(blocks) if blocks.iter().any(|b| self.running.contains_key(&b.call)) => State::Pending,
            Some(_) => State::Ready,
        }
    }

    /// The first failure that nobody was told of.
    pub fn first_unread(&self) -> Option<&Error> {
        self.unread.first().map(|(_, error)| error)
    }

    /// Calls that have not ended.
    pub fn n_unfinished(&self) -> usize {
        self.running.len()
    }

    /// Tasks of them that have not ended.
    pub fn tasks_left(&self) -> usize {
        self.unfinished
    }

    /// Admits queued calls while there is room.
    fn admit(&mut self, actions: &mut Vec<Action>) {
        while let Some((_, call)) = self.queue.front() {
            let tasks = call.graph.tasks.len();
            let room = self.running.is_empty() || (self.running.len() < CALLS && self.unfinished + tasks <= TASKS);
            if !room && !self.closed {
                return;
            }
            let Some((ticket, call)) = self.queue.pop_front() else { return };
            let result = self.submit(&call, actions);
            actions.push(Action::Answer(ticket, result.map(|()| Reply::Done)));
        }
    }

    fn submit(&mut self, call: &Call, actions: &mut Vec<Action>) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        let owners = self.owners(call)?;
        if let Some(node) = owners.iter().find(|n| self.nodes[n.0 as usize].lost.is_some()) {
            return Err(self.lost_error(*node));
        }
        self.serial += 1;
        let batches = batch::derive(call, &owners, self.serial, &mut self.kernels);
        let mut left = vec![0; self.nodes.len()];
        for (node, mut batch) in batches {
            batch.code = self.nodes[node.0 as usize].code;
            left[node.0 as usize] = batch.tasks.len() as u32;
            actions.push(Action::Send(node, ToWorker::Tasks(batch)));
        }
        let n_inputs = call.inputs.len();
        for block in batch::kept(&call.graph, n_inputs) {
            let living = Living { node: owners[block], failure: None, call: self.serial };
            self.blocks.insert(call.first + (block - n_inputs) as u64, living);
        }
        if left.iter().any(|&n| n > 0) {
            self.unfinished += call.graph.tasks.len();
            self.running.insert(self.serial, left);
        }
        Ok(())
    }

    /// The node of every block of a call, by `BlockId`; an input that is known to have failed fails the call.
    fn owners(&mut self, call: &Call) -> Result<Vec<NodeId>> {
        let Call { graph, placement, inputs, scalars, .. } = call;
        let n_inputs: usize = graph.inputs.iter().map(|&a| graph.array(a).grid.n_blocks()).sum();
        let fits = inputs.len() == n_inputs
            && scalars.len() == graph.scalars.len()
            && placement.tasks.len() == graph.tasks.len()
            && placement.tasks.iter().all(|n| (n.0 as usize) < self.nodes.len());
        if !fits {
            return Err(Error::Protocol { what: format!("the call of `{}` does not fit its graph or this cluster", call.name) });
        }
        let mut owners = vec![NodeId(0); graph.n_blocks()];
        for (owner, &id) in owners.iter_mut().zip(inputs) {
            match self.blocks.get(&id) {
                Some(Living { node, failure: None, .. }) => *owner = *node,
                Some(Living { failure: Some(failure), .. }) => {
                    let failure = failure.clone();
                    return Err(self.tell(failure));
                }
                None => return Err(unknown(id)),
            }
        }
        for (task, node) in graph.tasks.iter().zip(&placement.tasks) {
            for out in &task.outs {
                owners[out.0 as usize] = *node;
            }
        }
        Ok(owners)
    }

    fn put(&mut self, id: Gid, node: NodeId, block: Arc<Block>, actions: &mut Vec<Action>) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        match self.nodes.get(node.0 as usize) {
            None => return Err(Error::Protocol { what: format!("the cluster has no node n{}", node.0) }),
            Some(n) if n.lost.is_some() => return Err(self.lost_error(node)),
            Some(_) => {}
        }
        self.blocks.insert(id, Living { node, failure: None, call: 0 });
        actions.push(Action::Send(node, ToWorker::Put(id, block)));
        Ok(())
    }

    fn request(&mut self, ticket: Ticket, want: Want, ids: Vec<Gid>, actions: &mut Vec<Action>) {
        if let Err(error) = self.can_have(&ids) {
            actions.push(Action::Answer(ticket, Err(error)));
            return;
        }
        let missing: HashSet<Gid> = ids.iter().copied().collect();
        let mut ask: BTreeMap<NodeId, Vec<Gid>> = BTreeMap::new();
        for &id in &ids {
            let readers = self.readers.entry((id, want)).or_default();
            if readers.is_empty() {
                ask.entry(self.blocks[&id].node).or_default().push(id);
            }
            if readers.last() != Some(&ticket) {
                readers.push(ticket);
            }
        }
        let done = missing.is_empty();
        self.requests.insert(ticket, Request { want, ids, missing, got: HashMap::new() });
        for (node, ids) in ask {
            let message = if want == Want::Bytes { ToWorker::Get(ids) } else { ToWorker::Watch(ids) };
            actions.push(Action::Send(node, message));
        }
        if done {
            self.answer(ticket, actions);
        }
    }

    /// Whether these blocks can be asked for: they live, are not known to have failed, and their nodes live.
    fn can_have(&mut self, ids: &[Gid]) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        for id in ids {
            let Some(living) = self.blocks.get(id) else { return Err(unknown(*id)) };
            if let Some(failure) = living.failure.clone() {
                return Err(self.tell(failure));
            }
            let node = living.node;
            if self.nodes[node.0 as usize].lost.is_some() {
                return Err(self.lost_error(node));
            }
        }
        Ok(())
    }

    fn release(&mut self, ids: Vec<Gid>, actions: &mut Vec<Action>) {
        let mut tell: BTreeMap<NodeId, Vec<Gid>> = BTreeMap::new();
        for id in ids {
            if let Some(living) = self.blocks.remove(&id) {
                tell.entry(living.node).or_default().push(id);
            }
        }
        for (node, ids) in tell {
            if self.is_alive(node) {
                actions.push(Action::Send(node, ToWorker::Release(ids)));
            }
        }
    }

    fn on_node(&mut self, node: NodeId, message: ToDriver, actions: &mut Vec<Action>) {
        if !self.is_alive(node) {
            return;
        }
        match message {
            ToDriver::Report(report) => self.on_report(node, report),
            ToDriver::Ready(id) => self.resolve(id, Want::Presence, None, actions),
            ToDriver::Block(id, block) => self.resolve(id, Want::Bytes, Some(block), actions),
            ToDriver::Failed(id, failure) => {
                if let Some(living) = self.blocks.get_mut(&id) {
                    living.failure = Some(failure.clone());
                }
                for want in [Want::Bytes, Want::Presence] {
                    for ticket in self.readers.remove(&(id, want)).unwrap_or_default() {
                        let error = self.tell(failure.clone());
                        self.refuse(ticket, error, actions);
                    }
                }
            }
            ToDriver::Stats(ticket, stats) => {
                self.nodes[node.0 as usize].stats = stats;
                self.surveyed(ticket, node, actions);
            }
            // The rim, which reads the clock, has what it wants.
            ToDriver::Alive | ToDriver::Trace(_) | ToDriver::Clock { .. } => {}
        }
    }

    fn on_report(&mut self, node: NodeId, report: Report) {
        for (serial, n) in report.ended {
            self.ended(serial, node, n);
        }
        for (id, index) in report.poisoned {
            if let (Some(living), Some(failure)) = (self.blocks.get_mut(&id), report.failures.get(index as usize)) {
                living.failure = Some(failure.clone());
            }
        }
        for failure in report.failures {
            let about = Unread::Call(failure.number);
            if !self.told.contains(&failure.number) && !self.unread.iter().any(|(u, _)| *u == about) {
                self.unread.push((about, Error::from(failure)));
            }
        }
    }

    /// Counts tasks of a call that ended on a node; `u32::MAX` is all that is left there.
    fn ended(&mut self, serial: u64, node: NodeId, n: u32) {
        let Some(left) = self.running.get_mut(&serial) else { return };
        let slot = &mut left[node.0 as usize];
        let n = n.min(*slot);
        *slot -= n;
        self.unfinished -= n as usize;
        if left.iter().all(|&n| n == 0) {
            self.running.remove(&serial);
        }
    }

    /// A block is there: whoever waits for it is one block further.
    fn resolve(&mut self, id: Gid, want: Want, block: Option<Arc<Block>>, actions: &mut Vec<Action>) {
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

    /// Answers a request with an error. Blocks that are still on their way find no reader.
    fn refuse(&mut self, ticket: Ticket, error: Error, actions: &mut Vec<Action>) {
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

    fn survey(&mut self, ticket: Ticket, actions: &mut Vec<Action>) {
        let alive = (0..self.nodes.len() as u32).map(NodeId).filter(|&n| self.is_alive(n) && !self.closed);
        let missing: HashSet<NodeId> = alive.collect();
        let mut nodes: Vec<NodeId> = missing.iter().copied().collect();
        nodes.sort_unstable();
        self.surveys.insert(ticket, Survey { missing });
        actions.extend(nodes.iter().map(|&n| Action::Send(n, ToWorker::Stats(ticket))));
        self.surveyed(ticket, NodeId(u32::MAX), actions);
    }

    fn surveyed(&mut self, ticket: Ticket, node: NodeId, actions: &mut Vec<Action>) {
        let Some(survey) = self.surveys.get_mut(&ticket) else { return };
        survey.missing.remove(&node);
        if survey.missing.is_empty() {
            self.surveys.remove(&ticket);
            let stats = self.nodes.iter().map(|n| n.stats.clone()).collect();
            actions.push(Action::Answer(ticket, Ok(Reply::Stats(stats))));
        }
    }

    fn on_lost(&mut self, node: NodeId, why: String, actions: &mut Vec<Action>) {
        let Some(lost) = self.nodes.get_mut(node.0 as usize) else { return };
        if lost.lost.is_some() || self.closed {
            return;
        }
        lost.lost = Some(why);
        let pid = lost.pid;
        let error = self.lost_error_of(node);
        self.unread.push((Unread::Node(node), error));
        for other in (0..self.nodes.len() as u32).map(NodeId) {
            if self.is_alive(other) {
                actions.push(Action::Send(other, ToWorker::Lost { node, pid }));
            }
        }
        for serial in self.running.keys().copied().collect::<Vec<_>>() {
            self.ended(serial, node, u32::MAX);
        }
        let on_node = |id: &Gid| self.blocks.get(id).is_some_and(|b| b.node == node);
        let mut waiting: Vec<Ticket> =
            self.requests.iter().filter(|(_, r)| r.missing.iter().any(on_node)).map(|(&t, _)| t).collect();
        waiting.sort_unstable();
        for ticket in waiting {
            let error = self.lost_error(node);
            self.refuse(ticket, error, actions);
        }
        for ticket in self.surveys.keys().copied().collect::<Vec<_>>() {
            self.surveyed(ticket, node, actions);
        }
    }

    /// Answers who waits for the end, once nothing is unfinished.
    fn finish(&mut self, actions: &mut Vec<Action>) {
        if self.running.is_empty() && self.queue.is_empty() {
            for ticket in std::mem::take(&mut self.finishing) {
                let first = if self.unread.is_empty() { None } else { Some(self.unread.remove(0).1) };
                actions.push(Action::Answer(ticket, first.map_or(Ok(Reply::Done), Err)));
            }
        }
    }

    fn close(&mut self, actions: &mut Vec<Action>) {
        if self.closed {
            return;
        }
        self.closed = true;
        let mut waiting: Vec<Ticket> = self.requests.drain().map(|(t, _)| t).collect();
        waiting.extend(self.surveys.drain().map(|(t, _)| t));
        waiting.append(&mut self.finishing);
        self.readers.clear();
        actions.extend(waiting.into_iter().map(|t| Action::Answer(t, Err(Error::Closed))));
        let alive = (0..self.nodes.len() as u32).map(NodeId).filter(|&n| self.is_alive(n));
        actions.extend(alive.map(|n| Action::Send(n, ToWorker::Shutdown)));
    }

    fn is_alive(&self, node: NodeId) -> bool {
        self.nodes.get(node.0 as usize).is_some_and(|n| n.lost.is_none())
    }

    /// The failure as the user sees it, who has been told now.
    fn tell(&mut self, failure: Failure) -> Error {
        self.unread.retain(|(about, _)| *about != Unread::Call(failure.number));
        self.told.insert(failure.number);
        Error::from(failure)
    }

    /// The loss as the user sees it, who has been told now.
    fn lost_error(&mut self, node: NodeId) -> Error {
        self.unread.retain(|(about, _)| *about != Unread::Node(node));
        self.lost_error_of(node)
    }

    fn lost_error_of(&self, node: NodeId) -> Error {
        let lost = self.nodes.get(node.0 as usize);
        let (pid, why) = lost.map_or((0, ""), |n| (n.pid, n.lost.as_deref().unwrap_or("")));
        Error::WorkerLost { node: node.0, pid, why: why.to_owned() }
    }
}

fn unknown(id: Gid) -> Error {
    Error::Protocol { what: format!("block g{id} does not live on this cluster") }
}

#[cfg(test)]
mod tests;
