//! `Driver`: what the process with the user's program does, as a state machine. Events in, actions out; no socket, no thread.
//!
//! A call becomes one batch a node (`batch`), derived from its graph and placement alone. The driver then only counts: tasks
//! that have not ended (at most `CALLS` calls or `TASKS` tasks; what comes then waits in a queue), blocks that a user's handle
//! keeps, requests of the user that wait for an answer (`requests`). Blocks pass through it only when the user puts or
//! fetches them, and as the copies that `lineage` keeps to shorten what would have to run again. A failure is kept until
//! somebody has been told. When a node is lost, what is missing is made again on the others (`recovery`). It never computes.

pub mod batch;
mod layout;
mod lineage;
mod pace;
mod recovery;
mod remap;
mod requests;

use crate::block::Block;
use crate::error::{Error, Result};
use crate::native::{Code, Isa};
use crate::pool::{Call, Copy, Gid, Living, NodeStats};
use crate::wire::message::{Epoch, Peer, Report, ToDriver, ToWorker};
use batch::Kernels;
use layout::Layouts;
use lineage::{CallId, Cause, Known, Lineage, Made};
use nums_ir::graph::NodeId;
use pace::{Pace, Times};
use recovery::Recovery;
use requests::{Readers, Request, Survey, Want};
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
    Put(Ticket, Gid, NodeId, Arc<Block>, Option<Copy>),
    /// Blocks can be had from there too.
    Copied(Vec<(Gid, Copy)>),
    /// The first node shall end its connection to the second, as if the network had.
    Sever(NodeId, NodeId),
    /// A block was read again, in the epoch that asked for it.
    Read(Epoch, Gid, Result<Arc<Block>>),
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
    /// A node has come, whose machine has these instructions and no better ones, with so many compute threads. Its number is
    /// the next one.
    Join(Peer, Isa, u32),
}

/// What follows.
#[derive(Debug)]
pub enum Action {
    /// Tell a node.
    Send(NodeId, ToWorker),
    /// Read these blocks again.
    Read(Epoch, Vec<(Gid, Copy)>),
    /// Write this block to disk, where it can be had again.
    Keep(Gid, Arc<Block>),
    /// The driver has given up a node that may still run: end it.
    GiveUp(NodeId),
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
/// Bytes of a block that is kept in the driver's memory when it ends a chain of calls; larger ones are written to disk.
const IN_MEMORY: usize = 64 << 10;
/// Tasks that may be unfinished.
pub const TASKS: usize = 1 << 18;

/// The driver of one cluster.
pub struct Driver {
    nodes: Vec<Node>,
    /// What tasks are told to run where the machine has it.
    code: Code,
    lineage: Lineage,
    /// Whether calls are recorded, and blocks copied, to be had again after a loss.
    records: bool,
    epoch: Epoch,
    recovery: Option<Recovery>,
    last_lost: NodeId,
    living: Living,
    strikes: HashMap<(NodeId, NodeId), u32>,
    /// Nodes that were lost since a call last ended.
    losses: usize,
    running: BTreeMap<u64, Running>,
    unfinished: usize,
    queue: VecDeque<(Ticket, Box<Call>)>,
    requests: HashMap<Ticket, Request>,
    readers: Readers,
    surveys: HashMap<Ticket, Survey>,
    finishing: Vec<Ticket>,
    unread: Vec<(Unread, Error)>,
    /// Calls of which a failure was told: reports of it that come later are no news.
    told: HashSet<u64>,
    kernels: Kernels,
    layouts: Layouts,
    serial: u64,
    closed: bool,
}

struct Node {
    pid: u32,
    /// What its tasks are told to run.
    code: Code,
    lost: Option<String>,
    /// It has come but has not said yet that it is in the epoch of all: until then nothing is asked of it.
    coming: bool,
    threads: u32,
    /// How long its tasks take.
    pace: Pace,
    /// It was given up for that.
    was_slow: bool,
    /// Counts of the node when it last told them.
    stats: NodeStats,
}

impl Node {
    fn new(pid: u32, code: Code) -> Node {
        let stats = NodeStats { pid, ..NodeStats::default() };
        Node { pid, code, lost: None, coming: false, threads: 1, pace: Pace::default(), was_slow: false, stats }
    }

    fn is_alive(&self) -> bool {
        self.lost.is_none() && !self.coming
    }
}

/// How far an array is, as its handle shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every block is there.
    Ready,
    /// The call that makes the blocks is not done.
    Pending,
    /// A block is known to have failed.
    Failed,
    /// The cluster has none of these blocks any more.
    Gone,
}

/// A call, or a part of one that runs again.
struct Running {
    /// Tasks that have not ended, by node.
    left: Vec<u32>,
    /// Its record.
    call: Option<CallId>,
    /// How long its tasks took.
    times: Times,
}

/// What a kept failure is about: telling the user one failure of a call tells the call's.
#[derive(PartialEq, Eq)]
enum Unread {
    Call(u64),
    Node(NodeId),
    Source,
}

impl Driver {
    /// A driver of nodes that run in these processes. `records` says whether a node can be lost while the driver lives: then
    /// calls are recorded, to run again.
    pub fn new(pids: &[u32], records: bool) -> Driver {
        Driver {
            nodes: pids.iter().map(|&pid| Node::new(pid, Code::default())).collect(),
            code: Code::default(),
            lineage: Lineage::default(),
            records,
            epoch: 0,
            recovery: None,
            last_lost: NodeId(0),
            living: Living::new(0, pids.len(), |_| true),
            strikes: HashMap::new(),
            losses: 0,
            running: BTreeMap::new(),
            unfinished: 0,
            queue: VecDeque::new(),
            requests: HashMap::new(),
            readers: Readers::default(),
            surveys: HashMap::new(),
            finishing: Vec::new(),
            unread: Vec::new(),
            told: HashSet::new(),
            kernels: Kernels::new(pids.len()),
            layouts: Layouts::default(),
            serial: 0,
            closed: false,
        }
    }

    /// What tasks are told to run from now on, within what each node has been limited to.
    pub fn use_code(&mut self, code: Code) {
        self.code = code;
        for node in &mut self.nodes {
            node.code = Code { isa: code.isa.min(node.code.isa), ..code };
        }
    }

    /// A node whose machine has these instructions and no better ones, with so many compute threads.
    pub fn limit(&mut self, node: NodeId, isa: Isa, threads: u32) {
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            node.code.isa = node.code.isa.min(isa);
            node.threads = threads;
        }
    }

    /// Results of at most so many blocks are copied to the driver, and those at the end of so many calls in a row.
    pub fn copy_results(&mut self, blocks: usize, depth: u32) {
        self.lineage.copy_results(blocks, depth);
    }

    /// Takes one event and says what follows.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Submit(ticket, call) => self.queue.push_back((ticket, call)),
            Event::Sever(node, other) if self.is_alive(node) => {
                actions.push(Action::Send(node, ToWorker::Sever(other)));
            }
            Event::Sever(..) => {}
            Event::Copied(copies) => {
                for (id, copy) in copies {
                    self.lineage.cut(id, copy);
                }
            }
            Event::Read(epoch, id, block) => self.on_read(epoch, id, block, &mut actions),
            Event::Put(ticket, id, node, block, copy) => {
                let result = self.put(id, node, block, copy, &mut actions);
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
            Event::Join(peer, isa, threads) => self.on_join(peer, isa, threads, &mut actions),
        }
        self.admit(&mut actions);
        self.finish(&mut actions);
        actions
    }

    /// The node that holds a living block.
    pub fn home(&self, id: Gid) -> Option<NodeId> {
        self.lineage.get(id).map(|known| known.node)
    }

    /// The nodes that live now.
    pub fn living_nodes(&self) -> Living {
        self.living.clone()
    }

    /// Whether nobody lives: a node that is about to join does not count yet.
    pub fn is_deserted(&self) -> bool {
        self.alive().next().is_none()
    }

    /// Whether a node was lost.
    pub fn is_gone(&self, node: NodeId) -> bool {
        self.nodes.get(node.0 as usize).is_some_and(|n| n.lost.is_some())
    }

    /// Nodes went or came, or blocks moved.
    fn look_around(&mut self) {
        self.living = Living::new(self.living.version + 1, self.nodes.len(), |n| self.is_alive(n));
    }

    /// A block is there, which its node may say before it reports the task that made it.
    fn on_ready(&mut self, id: Gid, actions: &mut Vec<Action>) {
        if let Some(known) = self.lineage.known_mut(id) {
            known.made = Made::Seen;
        }
        self.resolve(id, Want::Presence, None, actions);
    }

    /// How far the blocks of an array are.
    pub fn state(&self, ids: &[Gid]) -> State {
        let blocks: Option<Vec<&Known>> = ids.iter().map(|id| self.lineage.get(*id)).collect();
        match blocks.filter(|_| !self.closed) {
            None => State::Gone,
            Some(blocks) if blocks.iter().any(|b| b.failure().is_some()) => State::Failed,
            Some(_) if self.recovery.is_some() => State::Pending,
            Some(blocks) if blocks.iter().any(|b| self.is_pending(b)) => State::Pending,
            Some(_) => State::Ready,
        }
    }

    /// Whether a block may still be in the making.
    fn is_pending(&self, known: &Known) -> bool {
        match known.made {
            Made::Put | Made::Seen => false,
            Made::By(serial) => self.running.contains_key(&serial),
        }
    }

    /// The first failure that nobody was told of.
    pub fn first_unread(&self) -> Option<&Error> {
        self.unread.first().map(|(_, error)| error)
    }

    /// Whether no block and no call is known any more.
    pub fn is_empty(&self) -> bool {
        self.lineage.is_empty() && self.running.is_empty() && self.requests.is_empty() && self.readers.is_empty()
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
        if self.recovery.is_some() && !self.closed {
            return;
        }
        while let Some((_, call)) = self.queue.front() {
            let tasks = call.graph.tasks.len();
            let room = self.running.is_empty() || (self.running.len() < CALLS && self.unfinished + tasks <= TASKS);
            if !room && !self.closed {
                return;
            }
            let Some((ticket, call)) = self.queue.pop_front() else { return };
            let result = self.submit(call, actions);
            actions.push(Action::Answer(ticket, result.map(|()| Reply::Done)));
        }
    }

    fn submit(&mut self, mut call: Box<Call>, actions: &mut Vec<Action>) -> Result<()> {
        self.can_work()?;
        let inputs = self.inputs(&call)?;
        let results = batch::results(&call.graph, inputs.len());
        let results: Vec<usize> = results.iter().enumerate().filter(|(_, is)| **is).map(|(block, _)| block).collect();
        let copied = self.records && self.lineage.wants_copies(&call, &results);
        let layout = self.layout(&mut call, &inputs, &results, copied);
        self.serial += 1;
        let batches = batch::batches(&layout.drafts, &call, self.serial, &mut self.kernels);
        let results: Vec<(Gid, NodeId)> = results.into_iter().map(|block| (call.id(block), layout.owners[block])).collect();
        let record = self.lineage.submit(call, &results, self.serial, copied, self.records);
        self.begin(batches, record, actions);
        Ok(())
    }

    /// Whether there is anybody to work.
    fn can_work(&mut self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        if self.alive().next().is_some() {
            return Ok(());
        }
        Err(self.lost_error(self.last_lost))
    }

    /// The nodes of a call's input blocks; one that is known to have failed fails the call.
    fn inputs(&mut self, call: &Call) -> Result<Vec<NodeId>> {
        let Call { graph, placement, inputs, scalars, .. } = call;
        let n_inputs: usize = graph.inputs.iter().map(|&a| graph.array(a).grid.n_blocks()).sum();
        let fits = inputs.len() == n_inputs
            && scalars.len() == graph.scalars.len()
            && placement.tasks.len() == graph.tasks.len()
            && placement.tasks.iter().all(|n| (n.0 as usize) < self.nodes.len());
        if !fits {
            return Err(Error::Protocol { what: format!("the call of `{}` does not fit its graph or this cluster", call.name) });
        }
        inputs.iter().map(|&id| self.living(id)).collect()
    }

    /// The node of a block with a handle that has not failed.
    fn living(&mut self, id: Gid) -> Result<NodeId> {
        match self.lineage.get(id).map(|known| (known.node, known.failure().cloned())) {
            Some((node, None)) => Ok(node),
            Some((_, Some(failure))) => Err(self.tell(failure)),
            None => Err(Error::Protocol { what: format!("block g{id} does not live on this cluster") }),
        }
    }

    fn put(&mut self, id: Gid, node: NodeId, block: Arc<Block>, copy: Option<Copy>, actions: &mut Vec<Action>) -> Result<()> {
        self.can_work()?;
        if node.0 as usize >= self.nodes.len() {
            return Err(Error::Protocol { what: format!("the cluster has no node n{}", node.0) });
        }
        let alive: Vec<NodeId> = self.alive().collect();
        let node = if self.is_alive(node) { node } else { alive[(id % alive.len() as u64) as usize] };
        self.lineage.put(id, node, copy.filter(|_| self.records));
        if let Some(recovery) = self.recovery.as_mut() {
            recovery.hold(id, node);
        }
        actions.push(Action::Send(node, ToWorker::Put(id, block)));
        Ok(())
    }

    fn release(&mut self, ids: Vec<Gid>, actions: &mut Vec<Action>) {
        let mut tell: BTreeMap<NodeId, Vec<Gid>> = BTreeMap::new();
        for id in ids {
            if let Some(node) = self.lineage.release(id) {
                tell.entry(node).or_default().push(id);
            }
        }
        for (node, ids) in tell {
            // While an epoch begins a block may be needed for what runs again: what nobody keeps is released at its end.
            if self.is_alive(node) && self.recovery.is_none() {
                actions.push(Action::Send(node, ToWorker::Release(ids)));
            }
        }
    }

    fn on_node(&mut self, node: NodeId, message: ToDriver, actions: &mut Vec<Action>) {
        if !self.is_alive(node) {
            if let ToDriver::Inventory(epoch, _) = message {
                self.on_come(node, epoch, actions);
            }
            return;
        }
        match message {
            ToDriver::Report(report) => self.on_report(node, report, actions),
            ToDriver::Ready(ids) => ids.into_iter().for_each(|id| self.on_ready(id, actions)),
            ToDriver::Block(id, block) => {
                if self.lineage.known(id).is_some_and(|k| k.copied && k.copy().is_none()) {
                    match block.bytes().len() {
                        0..=IN_MEMORY => self.lineage.cut(id, Copy::Here(Arc::clone(&block))),
                        _ => actions.push(Action::Keep(id, Arc::clone(&block))),
                    }
                }
                self.resolve(id, Want::Bytes, Some(block), actions);
            }
            ToDriver::Failed(epoch, id, failure) if epoch == self.epoch => {
                let cause = Cause::Task(failure);
                self.lineage.fail(id, cause.clone());
                self.refuse_readers(id, &cause, actions);
            }
            ToDriver::Failed(..) => {}
            ToDriver::Inventory(epoch, held) => self.on_inventory(node, epoch, held, actions),
            ToDriver::Unreachable(epoch, other) => self.on_unreachable(node, other, epoch, actions),
            ToDriver::Stats(ticket, stats) => {
                self.nodes[node.0 as usize].stats = stats;
                self.surveyed(ticket, node, actions);
            }
            // The rim, which reads the clock, has what it wants.
            ToDriver::Alive(share) => self.on_share(node, share, actions),
            ToDriver::Trace(_) | ToDriver::Clock { .. } => {}
        }
    }

    fn on_report(&mut self, node: NodeId, report: Report, actions: &mut Vec<Action>) {
        if report.epoch != self.epoch {
            return;
        }
        self.measure(node, &report.times);
        for (id, index) in report.poisoned {
            if let Some(failure) = report.failures.get(index as usize) {
                let cause = Cause::Task(failure.clone());
                self.refuse_readers(id, &cause, actions);
                self.lineage.fail(id, cause);
            }
        }
        for (serial, n) in report.ended {
            self.ended(serial, node, n);
        }
        for failure in report.failures {
            let about = Unread::Call(failure.number);
            if !self.told.contains(&failure.number) && !self.unread.iter().any(|(u, _)| *u == about) {
                self.unread.push((about, Error::from(failure)));
            }
        }
        self.judge(node, actions);
    }

    /// Counts tasks of a call that ended on a node.
    fn ended(&mut self, serial: u64, node: NodeId, n: u32) {
        let Some(running) = self.running.get_mut(&serial) else { return };
        let slot = &mut running.left[node.0 as usize];
        let n = n.min(*slot);
        *slot -= n;
        self.unfinished -= n as usize;
        if running.left.iter().all(|&n| n == 0) {
            let call = running.call;
            self.running.remove(&serial);
            self.strikes.clear();
            self.losses = 0;
            if let Some(call) = call {
                self.lineage.end(call);
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
        self.readers = Readers::default();
        actions.extend(waiting.into_iter().map(|t| Action::Answer(t, Err(Error::Closed))));
        actions.extend(self.alive().map(|n| Action::Send(n, ToWorker::Shutdown)));
    }

    fn is_alive(&self, node: NodeId) -> bool {
        self.nodes.get(node.0 as usize).is_some_and(Node::is_alive)
    }

    fn alive(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len() as u32).map(NodeId).filter(|&n| self.is_alive(n))
    }

    /// The failure as the user sees it, who has been told now.
    fn tell(&mut self, cause: Cause) -> Error {
        match cause {
            Cause::Task(failure) => {
                self.unread.retain(|(about, _)| *about != Unread::Call(failure.number));
                self.told.insert(failure.number);
                Error::from(failure)
            }
            Cause::Lost(error) => {
                let told = if let Error::WorkerLost { node, .. } = &error { Unread::Node(NodeId(*node)) } else { Unread::Source };
                self.unread.retain(|(about, _)| *about != told);
                error
            }
        }
    }

    /// The loss as the user sees it, who has been told now.
    fn lost_error(&mut self, node: NodeId) -> Error {
        let error = self.lost_error_of(node);
        self.tell(Cause::Lost(error))
    }

    fn lost_error_of(&self, node: NodeId) -> Error {
        let lost = self.nodes.get(node.0 as usize);
        let (pid, why) = lost.map_or((0, ""), |n| (n.pid, n.lost.as_deref().unwrap_or("")));
        Error::WorkerLost { node: node.0, pid, why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests;
