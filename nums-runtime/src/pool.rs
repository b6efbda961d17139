//! `Pool`: the blocks and the compute of a cluster, as the rest of the runtime uses them.
//!
//! A pool takes planned calls (`Graph` and `Placement`), and blocks to keep, and gives blocks back. It is the `driver`, a
//! state machine, joined to nodes: one in this process (`threads`), or one a worker process (`processes`), started or waited for (`members`). Calls return
//! when they are submitted; `fetch`, `wait` and `finish` wait for a cause that can end: a result, a failure, a lost worker,
//! the pool's end. It works from any thread, also inside an async runtime, since it waits on plain channels.

mod copy;
#[cfg(target_os = "linux")]
mod lane;
mod living;
#[cfg(target_os = "linux")]
mod members;
#[cfg(target_os = "linux")]
mod processes;
mod progress;
mod threads;

pub use copy::{Copy, Source};
pub use living::Living;

use crate::block::Block;
use crate::driver::{Action, Driver, Event, Reply, State, Ticket};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::native::{Code, Isa};
use crate::place::{ClusterSpec, NodeSpec, Order};
use crate::trace;
use crate::wire::auth::Secret;
use crate::wire::message::{Epoch, Peer, ToWorker};
use crate::wire::shared::Transport;
use crate::worker::compute::Node;
use nums_ir::func::Scalar;
use nums_ir::graph::{Graph, NodeId, Placement};
use progress::{LONG, Progress};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A block of the cluster.
pub type Gid = u64;

/// How long a thread looks for what it waits for before it sleeps: about what sleeping and waking cost.
pub(crate) const SPIN: Duration = Duration::from_micros(30);

/// A planned call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function's name, or `expr`.
    pub name: String,
    /// Number of the call as the user counts, from 1.
    pub number: u64,
    /// Source file of the expression.
    pub file: String,
    /// Its tasks.
    pub graph: Arc<Graph>,
    /// Where they run.
    pub placement: Arc<Placement>,
    /// One block an input block, by `BlockId`.
    pub inputs: Vec<Gid>,
    /// Plain scalars, in the graph's order.
    pub scalars: Vec<Scalar>,
    /// Made block `b` is block `first + (b - number of input blocks)` of the cluster; see `Pool::reserve`. The blocks of
    /// results are kept until released (a result that is an input array makes no block); the others go with their last use.
    pub first: Gid,
}

impl Call {
    /// The name of a block on the cluster.
    pub fn id(&self, block: usize) -> Gid {
        let n = self.inputs.len();
        self.inputs.get(block).copied().unwrap_or_else(|| self.first + (block - n) as u64)
    }
}

/// What a node did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeStats {
    /// The process.
    pub pid: u32,
    /// Tasks that ran.
    pub tasks: u64,
    /// Element-wise groups that ran as native code.
    pub native: u64,
    /// Element-wise groups that were interpreted.
    pub interpreted: u64,
    /// Bytes of blocks that came from other nodes for tasks.
    pub pulled: u64,
    /// Bytes that came in over sockets, all messages with their frames.
    pub net_in: u64,
    /// Bytes that went out over sockets.
    pub net_out: u64,
    /// Bytes of blocks that are on the node.
    pub resident: u64,
    /// The most bytes of blocks that were on the node at once.
    pub peak: u64,
    /// Bytes of the largest block that ever was on the node.
    pub largest: u64,
    /// Bytes of blocks that were written to disk for want of memory.
    pub spilled: u64,
}

/// What a cluster did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// By node.
    pub nodes: Vec<NodeStats>,
}

/// A driver that workers join.
pub struct Listen {
    /// `host:port`.
    pub address: String,
    /// Workers that it waits for.
    pub workers: usize,
    /// What they must know.
    pub secret: Secret,
    /// How long it waits.
    pub within: Duration,
}

/// The blocks and the compute of one cluster.
pub struct Pool {
    hub: Arc<Hub>,
    nodes: Nodes,
    spec: ClusterSpec,
    next: AtomicU64,
    copies: bool,
}

/// What stands behind a pool and must be ended with it.
enum Nodes {
    Threads(threads::Threads),
    #[cfg(target_os = "linux")]
    Processes(processes::Processes),
}

/// The driver, and how its actions are carried out.
struct Hub {
    state: Mutex<HubState>,
    /// The node of this process, for which a thread that waits runs tasks.
    here: Option<Arc<Node>>,
}

struct HubState {
    own: Weak<Hub>,
    driver: Driver,
    /// By node.
    links: Vec<Box<dyn Link>>,
    /// What planning knows of each node.
    specs: Vec<NodeSpec>,
    answers: HashMap<Ticket, mpsc::Sender<Result<Reply>>>,
    ticket: Ticket,
}

/// The way to one node. Never blocks: it queues, or hands over to a node of this process.
trait Link: Send {
    /// Hands over one message; what the node says at once comes back as events.
    fn send(&self, message: ToWorker) -> Vec<Event>;

    /// Ends a node that the driver has given up.
    fn give_up(&self);
}

impl Pool {
    /// How calls are planned from now on.
    pub fn plan_by(&mut self, order: Order, policy: Option<String>) {
        self.spec.order = order;
        self.spec.policy = policy;
    }

    /// What tasks run from now on, within what each node's machine has.
    pub fn use_code(&mut self, code: Code) {
        self.spec.cache = code.cache;
        self.hub.lock().driver.use_code(code);
    }

    /// One node in this process with `n` compute threads and the memory that the environment says.
    pub fn threads(n: usize) -> Result<Pool> {
        crate::hook::leave_if_worker();
        Pool::threads_with(n, &Memory::from_env(1)?)
    }

    /// One node in this process with `n` compute threads and so much memory.
    pub fn threads_with(n: usize, memory: &Memory) -> Result<Pool> {
        crate::hook::leave_if_worker();
        let (n, code) = (n.max(1), Code::from_env()?);
        trace::begin_driver();
        let (hub, threads) = threads::start(n, memory)?;
        hub.lock().driver.use_code(code);
        let spec = ClusterSpec { cache: code.cache, ..ClusterSpec::uniform(1, n) };
        Ok(Pool { hub, nodes: Nodes::Threads(threads), spec, next: AtomicU64::new(1), copies: true })
    }

    /// `nodes` worker processes of this executable on this machine, each with `threads_each` compute threads and the memory
    /// that the environment says.
    pub fn local(nodes: usize, threads_each: usize) -> Result<Pool> {
        Pool::local_with(nodes, threads_each, Memory::from_env(nodes)?)
    }

    /// `nodes` worker processes of this executable on this machine, each with `threads_each` compute threads and so much
    /// memory.
    pub fn local_with(nodes: usize, threads_each: usize, memory: Memory) -> Result<Pool> {
        Pool::local_over(Transport::of_env()?, nodes, threads_each, memory)
    }

    /// As `local_with`; blocks go from one worker to another as `transport` says.
    #[cfg(target_os = "linux")]
    pub fn local_over(transport: Transport, nodes: usize, threads_each: usize, memory: Memory) -> Result<Pool> {
        let (nodes, threads) = (nodes.max(1), threads_each.max(1));
        Pool::of(members::Source::Launch { nodes, threads, memory, transport })
    }

    /// Worker processes that join by themselves.
    #[cfg(target_os = "linux")]
    pub fn listen(listen: Listen) -> Result<Pool> {
        Pool::of(members::Source::Listen(listen))
    }

    /// Worker processes that join by themselves: Linux only so far.
    #[cfg(not(target_os = "linux"))]
    pub fn listen(_listen: Listen) -> Result<Pool> {
        Err(Error::Unsupported { what: "workers that join on this system: use `threads`".to_owned() })
    }

    #[cfg(target_os = "linux")]
    fn of(source: members::Source) -> Result<Pool> {
        let code = Code::from_env()?;
        let (hub, processes) = processes::start(source)?;
        hub.lock().driver.use_code(code);
        let spec = ClusterSpec { cache: code.cache, ..ClusterSpec::uniform(1, 1) };
        Ok(Pool { hub, nodes: Nodes::Processes(processes), spec, next: AtomicU64::new(1), copies: true })
    }

    /// `nodes` worker processes of this executable on this machine: Linux only so far.
    #[cfg(not(target_os = "linux"))]
    pub fn local_over(_transport: Transport, _nodes: usize, _threads_each: usize, _memory: Memory) -> Result<Pool> {
        Err(Error::Unsupported { what: "worker processes on this system: use `threads`".to_owned() })
    }

    /// What planning needs to know of the cluster: of the nodes that live.
    pub fn spec(&self) -> ClusterSpec {
        self.planning().0
    }

    /// What planning needs to know, and the real names of its nodes.
    pub fn planning(&self) -> (ClusterSpec, Living) {
        let state = self.hub.lock();
        let living = state.driver.living_nodes();
        let nodes = living.nodes.iter().filter_map(|n| state.specs.get(n.0 as usize).copied()).collect();
        (ClusterSpec { nodes, ..self.spec.clone() }, living)
    }

    /// The nodes that live now.
    pub fn living(&self) -> Living {
        self.hub.lock().driver.living_nodes()
    }

    /// The nodes that hold these kept blocks; node 0 for one that is unknown.
    pub fn homes(&self, ids: &[Gid]) -> Arc<[NodeId]> {
        let state = self.hub.lock();
        ids.iter().map(|&id| state.driver.home(id).unwrap_or_default()).collect()
    }

    /// `n` new names of blocks; the first is returned.
    pub fn reserve(&self, n: u64) -> Gid {
        self.next.fetch_add(n, Ordering::Relaxed)
    }

    /// Submits a call. Waits while too many calls are unfinished; returns the failure of an input that is known to have failed.
    pub fn submit(&self, call: Call) -> Result<()> {
        let _step = trace::step("submit", &call.name);
        self.hub.ask(|ticket| Event::Submit(ticket, Box::new(call))).map(drop)
    }

    /// Whether blocks that are put are copied, where nothing else is said.
    pub fn keep_copies(&mut self, copies: bool) {
        self.copies = copies;
    }

    /// Gives `block` to `node`, which keeps it until released. If the node is lost, it comes from `source`, or from a copy that
    /// this process keeps unless `keep_copies` says otherwise.
    pub fn put_from(&self, id: Gid, node: NodeId, block: Block, source: Option<(Arc<dyn Source>, u32)>) -> Result<()> {
        let _step = trace::step("put", "");
        let block = Arc::new(block);
        let copy = match source {
            Some((source, index)) => Some(Copy::Again(source, index)),
            None => self.copies.then(|| Copy::Here(Arc::clone(&block))),
        };
        self.hub.ask(|ticket| Event::Put(ticket, id, node, block, copy))?;
        if let Nodes::Threads(threads) = &self.nodes {
            threads.await_room();
        }
        Ok(())
    }

    /// These blocks can be had from here too: what made them need not be remembered.
    pub fn cut(&self, copies: Vec<(Gid, Copy)>) {
        self.hub.on(Event::Copied(copies));
    }

    /// Ends the connection by which one node pulls from another, as if the network had: to try what follows.
    pub fn sever(&self, node: NodeId, other: NodeId) {
        self.hub.on(Event::Sever(node, other));
    }

    /// As `put_from`, without a source.
    pub fn put(&self, id: Gid, node: NodeId, block: Block) -> Result<()> {
        self.put_from(id, node, block, None)
    }

    /// The blocks, in the order asked for; waits until they are made.
    pub fn fetch(&self, ids: &[Gid]) -> Result<Vec<Arc<Block>>> {
        let _step = trace::step("fetch", "");
        match self.hub.ask(|ticket| Event::Fetch(ticket, ids.to_vec()))? {
            Reply::Blocks(blocks) => Ok(blocks),
            Reply::Done | Reply::Stats(_) => Err(Error::Closed),
        }
    }

    /// Waits until the blocks are made; no data moves.
    pub fn wait(&self, ids: &[Gid]) -> Result<()> {
        let _step = trace::step("wait", "");
        self.hub.ask(|ticket| Event::Wait(ticket, ids.to_vec())).map(drop)
    }

    /// The user's handles of these blocks are gone. Never blocks; submitted calls still have them.
    pub fn release(&self, ids: Vec<Gid>) {
        self.hub.on(Event::Release(ids));
    }

    /// The node that holds a kept block; node 0 for one that is unknown.
    pub fn home(&self, id: Gid) -> NodeId {
        self.hub.lock().driver.home(id).unwrap_or_default()
    }

    /// How far the blocks of an array are; never waits.
    pub fn state(&self, ids: &[Gid]) -> State {
        self.hub.lock().driver.state(ids)
    }

    /// What the nodes did so far. A node that was lost stays as it last was heard of.
    pub fn stats(&self) -> Stats {
        match self.hub.ask(Event::Stats) {
            Ok(Reply::Stats(nodes)) => Stats { nodes },
            Ok(Reply::Done | Reply::Blocks(_)) | Err(_) => Stats::default(),
        }
    }

    /// Waits for all calls, closes the cluster and returns the first failure that nobody was told of.
    pub fn finish(&self) -> Result<()> {
        let step = trace::step("finish", "");
        let result = self.hub.ask(Event::Finish).map(drop);
        drop(step);
        self.close();
        result
    }

    fn close(&self) {
        if trace::is_on() {
            // Workers send what they recorded before they answer; one that is lost needs not.
            drop(self.hub.ask(Event::Stats));
        }
        self.hub.on(Event::Close);
        match &self.nodes {
            Nodes::Threads(threads) => threads.close(),
            #[cfg(target_os = "linux")]
            Nodes::Processes(processes) => processes.close(),
        }
        trace::write();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
        if let Some(error) = self.hub.lock().driver.first_unread() {
            eprintln!("nums: {error}");
        }
    }
}

impl Hub {
    fn new(driver: Driver, links: Vec<Box<dyn Link>>, specs: Vec<NodeSpec>, here: Option<Arc<Node>>) -> Arc<Hub> {
        Arc::new_cyclic(|own| {
            let state = HubState { own: Weak::clone(own), driver, links, specs, answers: HashMap::new(), ticket: 0 };
            Hub { state: Mutex::new(state), here }
        })
    }

    /// Hands an event to the driver that it will answer, and waits for the answer.
    fn ask(&self, event: impl FnOnce(Ticket) -> Event) -> Result<Reply> {
        let (sender, receiver) = mpsc::channel();
        {
            let mut state = self.lock();
            state.ticket += 1;
            let ticket = state.ticket;
            state.answers.insert(ticket, sender);
            state.drive(vec![event(ticket)]);
        }
        self.catch(&receiver).unwrap_or_else(|| self.answer_of(&receiver))
    }

    /// An answer that takes microseconds is caught without the cost of sleeping and being woken; where tasks run in this process
    /// the caller runs some itself. What takes long is left to the compute threads, so that it can be shown.
    fn catch(&self, receiver: &mpsc::Receiver<Result<Reply>>) -> Option<Result<Reply>> {
        let mut answer = None;
        let mut has_come = || {
            answer = match receiver.try_recv() {
                Ok(answer) => Some(answer),
                Err(mpsc::TryRecvError::Disconnected) => Some(Err(Error::Closed)),
                Err(mpsc::TryRecvError::Empty) => None,
            };
            answer.is_some()
        };
        let begin = Instant::now();
        let mut end = begin + SPIN;
        while !has_come() && Instant::now() < end {
            match self.here.as_ref().filter(|node| node.has_news()) {
                Some(node) => {
                    let mut is_over = false;
                    node.help(self, || {
                        is_over = has_come();
                        is_over || begin.elapsed() > LONG
                    });
                    if is_over {
                        break;
                    }
                    end = Instant::now().min(begin + LONG) + SPIN;
                }
                None => std::hint::spin_loop(),
            }
        }
        answer
    }

    /// Waits for an answer, and shows that it does where it takes long.
    fn answer_of(&self, receiver: &mpsc::Receiver<Result<Reply>>) -> Result<Reply> {
        let mut progress = Progress::new();
        while progress.is_seen() {
            match receiver.recv_timeout(LONG) {
                Ok(answer) => return answer,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::Closed),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let (calls, tasks) = {
                        let state = self.lock();
                        (state.driver.n_unfinished(), state.driver.tasks_left())
                    };
                    progress.say(|| format!("{tasks} tasks of {calls} calls to go"));
                }
            }
        }
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// One more node, whose number is the next one.
    #[cfg(target_os = "linux")]
    fn join(&self, peer: Peer, isa: Isa, spec: NodeSpec, link: Box<dyn Link>) {
        let mut state = self.lock();
        state.links.push(link);
        state.specs.push(spec);
        state.drive(vec![Event::Join(peer, isa, spec.threads as u32)]);
    }

    /// Hands an event to the driver.
    fn on(&self, event: Event) {
        self.on_all(vec![event]);
    }

    /// Hands events to the driver, in order.
    fn on_all(&self, events: Vec<Event>) {
        if !events.is_empty() {
            self.lock().drive(events);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HubState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HubState {
    /// Carries out what events lead to, in order: messages to one node keep theirs.
    fn drive(&mut self, events: Vec<Event>) {
        let mut events = VecDeque::from(events);
        while let Some(event) = events.pop_front() {
            for action in self.driver.on(event) {
                match action {
                    Action::Send(node, message) => events.extend(self.links[node.0 as usize].send(message)),
                    Action::Read(epoch, blocks) => events.extend(read(Weak::clone(&self.own), epoch, blocks)),
                    Action::Keep(id, block) => keep(Weak::clone(&self.own), id, block),
                    Action::GiveUp(node) => self.links[node.0 as usize].give_up(),
                    Action::Answer(ticket, answer) => {
                        if let Some(sender) = self.answers.remove(&ticket) {
                            // Nobody listens any more only if the asking thread is gone.
                            let _ = sender.send(answer);
                        }
                    }
                }
            }
        }
    }
}

/// Reads blocks again, on a thread of its own. If there can be no thread, the blocks cannot be had.
fn read(hub: Weak<Hub>, epoch: Epoch, blocks: Vec<(Gid, Copy)>) -> Vec<Event> {
    let ids: Vec<Gid> = blocks.iter().map(|(id, _)| *id).collect();
    let reading = move || {
        // What is read whole is read once for all blocks.
        let mut whole = None;
        for (id, copy) in blocks {
            let last = std::mem::replace(&mut whole, copy.whole());
            let block = copy.block();
            drop(last);
            let Some(hub) = hub.upgrade() else { return };
            hub.on(Event::Read(epoch, id, block));
        }
    };
    match std::thread::Builder::new().name("nums-read".to_owned()).spawn(reading) {
        Ok(_) => Vec::new(),
        Err(e) => {
            let failed =
                |id| Event::Read(epoch, id, Err(Error::Unsupported { what: format!("a thread to read block g{id}: {e}") }));
            ids.into_iter().map(failed).collect()
        }
    }
}

/// Writes a block to the driver's disk, on a thread of its own. One that cannot be written is not kept: its calls are.
fn keep(hub: Weak<Hub>, id: Gid, block: Arc<Block>) {
    let keeping = move || {
        let kept = crate::io::Kept::write(&[block]);
        if let (Ok(kept), Some(hub)) = (kept, hub.upgrade()) {
            hub.on(Event::Copied(vec![(id, Copy::Again(Arc::new(kept), 0))]));
        }
    };
    drop(std::thread::Builder::new().name("nums-keep".to_owned()).spawn(keeping));
}
