//! The worker process: the rim of a `Node` with sockets.
//!
//! One thread does all I/O and knows no computing; compute threads know no I/O. The worker dials the driver, says where it
//! listens for other workers, and is welcomed with the addresses of all. It dials another worker when it first pulls from it;
//! answers come back on that connection, but for large blocks of a worker whose memory can be read (`wire/shared.rs`). When
//! the driver's connection ends, for whatever reason, the process ends.

use super::compute::{Node, Rim};
use super::{Action, Input, Worker};
use crate::launch::{self, Start};
use crate::memory::Memory;
use crate::native::Isa;
use crate::pool::Gid;
use crate::trace::{self, What};
use crate::wire::auth::{self, Key, Role};
use crate::wire::cipher::{Cipher, Stream};
use crate::wire::door::{Door, Visitor};
use crate::wire::link::{self, Traffic};
use crate::wire::message::{Answer, FromOwner, HEARTBEAT, Join, PATIENCE, Peer, TICK, ToDriver, ToOwner, ToWorker};
use crate::wire::shared::{self, Borrowed, LARGE, Loans, Mark, Transport};
use crate::wire::{WireError, socket};
use nums_ir::graph::NodeId;
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

/// How often a node looks whether it has room for what the driver sends.
const ROOM: Duration = Duration::from_millis(1);

/// Serves the driver that made `socket` until it goes away.
pub fn serve(mut socket: UnixStream) {
    let start = launch::receive(&mut socket);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match (start, runtime) {
        (Ok(start), Ok(runtime)) => runtime.block_on(begin(start)).map(drop),
        (Err(e), _) => Err(e),
        (_, Err(e)) => Err(WireError::Io(e)),
    };
    if let Err(e) = result {
        eprintln!("nums: worker process {}: {e}", std::process::id());
    }
}

async fn begin(Start { driver, key, node, threads, memory, transport }: Start) -> Result<End, WireError> {
    if transport != Transport::Tcp {
        shared::let_siblings_read();
    }
    work(Entry { stream: TcpStream::connect(driver).await?, key, role: Role::Worker(node), threads, memory, transport }).await
}

/// What a worker begins with.
pub struct Entry {
    /// To the driver; nothing has been said yet.
    pub stream: TcpStream,
    /// What it knows of the cluster.
    pub key: Key,
    /// What it is before it is welcomed.
    pub role: Role,
    /// Compute threads.
    pub threads: usize,
    /// What its blocks may take.
    pub memory: Memory,
    /// How its blocks go to other workers.
    pub transport: Transport,
}

/// How a worker's service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The driver closed the cluster.
    Shutdown,
    /// The driver went away without a word.
    Gone,
}

/// Serves the driver at the other end of a connection until it goes away.
pub async fn work(Entry { stream, mut key, role, threads, memory, transport }: Entry) -> Result<End, WireError> {
    socket::prepare(&stream)?;
    let (here, driver) = (stream.local_addr()?, stream.peer_addr()?);
    let cipher = Cipher::new(&key.secret)?;
    let mut stream = encrypted(&cipher, stream).await?;
    key.cluster = auth::dial(&mut stream, &key, role, Role::Driver).await?;
    let traffic = Arc::new(Traffic::default());
    let (mut reader, mut writer) = link::split(stream, 0, &traffic);
    // Others reach this worker where it reaches the driver. Nobody knows of the door before all are welcomed.
    let mut door = Door::open((here.ip(), 0), key.clone(), role, |r| matches!(r, Role::Worker(_))).await?;
    let (pid, address, isa) = (std::process::id(), door.address()?, Isa::detected());
    // Who wants encryption on this machine too does not want its memory read.
    let mark = if transport == Transport::Tcp || cipher.is_everywhere() { None } else { Some(Mark::own()?) };
    let join = Join { pid, address, threads: threads as u32, memory: memory.bytes, isa, mark };
    writer.write_plain(&join).await?;
    let welcome = match reader.read_plain().await? {
        Answer::Welcome(welcome) => welcome,
        Answer::Refused(why) => return Err(WireError::Unlike(why)),
    };
    reader.set_epoch(welcome.epoch);
    writer.set_epoch(welcome.epoch);
    if welcome.trace {
        trace::begin_worker();
    }
    let me = Role::Worker(welcome.node);
    door.become_role(me);
    if role == Role::Joiner {
        let (n, of) = (welcome.node.0, welcome.peers.len());
        eprintln!("nums-worker: joined the cluster of {driver} as n{n}, one of {of} workers, with {threads} threads");
    }

    let node = Node::new(Worker::new(welcome.node, std::process::id()).with_memory(memory.bytes).with_threads(threads));
    let (driver, queue) = unbounded_channel();
    let sockets = Arc::new(Sockets {
        node: Arc::clone(&node),
        driver,
        key,
        cipher,
        me,
        near: mark.is_some(),
        epoch: welcome.epoch,
        peers: Mutex::new(welcome.peers),
        traffic,
        runtime: Handle::current(),
        asks: Mutex::default(),
        asked: Mutex::default(),
        answers: Mutex::default(),
        own: OnceLock::new(),
    });
    // The sockets hand themselves to the tasks that they start.
    let _ = sockets.own.set(Arc::downgrade(&sockets));
    tokio::spawn(writer.run::<ToDriver>(queue));
    tokio::spawn(listen(Arc::clone(&sockets), door));
    node.start(threads, &sockets, &memory)?;
    beat(Arc::downgrade(&sockets))?;
    while let Some(message) = reader.read::<ToWorker>().await? {
        if let ToWorker::Tasks(batch) = &message {
            batch.check().map_err(WireError::Broken)?;
        }
        match message {
            ToWorker::Shutdown => return Ok(End::Shutdown),
            // A closed queue is found out by the reader.
            ToWorker::Clock(asked) => drop(sockets.driver.send(ToDriver::Clock { asked, theirs: trace::now() })),
            ToWorker::Sever(node) => sockets.sever(node),
            ToWorker::Peer(peer) => lock(&sockets.peers).push(peer),
            message => sockets.act(node.on_driver(message)),
        }
        // Blocks of the driver come unasked: they wait in the socket while there is no room.
        while node.is_crowded() {
            tokio::time::sleep(ROOM).await;
        }
    }
    Ok(End::Gone)
}

/// A connection that this worker dialed.
async fn encrypted(cipher: &Cipher, stream: TcpStream) -> Result<Stream, WireError> {
    let connected = tokio::time::timeout(auth::TIME, cipher.connect(stream)).await;
    connected.unwrap_or(Err(WireError::Late("the beginning of TLS")))
}

/// Where the actions of the worker go.
struct Sockets {
    node: Arc<Node>,
    driver: UnboundedSender<ToDriver>,
    key: Key,
    cipher: Cipher,
    me: Role,
    /// Whether blocks may be read from the memory of others.
    near: bool,
    /// What frames carry.
    epoch: u32,
    /// Who has been welcomed, this worker and those that are gone since among them.
    peers: Mutex<Vec<Peer>>,
    traffic: Arc<Traffic>,
    runtime: Handle,
    /// Connections that this worker dialed, to pull.
    asks: Mutex<HashMap<NodeId, Asking>>,
    /// When blocks were asked for, for the trace.
    asked: Mutex<HashMap<Gid, u64>>,
    /// Connections that others dialed, to answer.
    answers: Mutex<HashMap<NodeId, Arc<Answering>>>,
    own: OnceLock<std::sync::Weak<Sockets>>,
}

/// A connection to pull by.
struct Asking {
    queue: UnboundedSender<ToOwner>,
    task: AbortHandle,
}

/// A connection to answer by.
struct Answering {
    queue: UnboundedSender<FromOwner>,
    /// What is lent, if the other end can read it.
    loans: Mutex<Option<Loans>>,
}

impl Answering {
    /// Sends an answer, or lends the block that it carries. A closed queue belongs to a connection that ended.
    fn send(&self, message: FromOwner) {
        let message = match (message, lock(&self.loans).as_mut()) {
            (FromOwner::Block(id, block), Some(loans)) if block.nbytes() >= LARGE => loans.lend(id, block),
            (message, _) => message,
        };
        drop(self.queue.send(message));
    }

    /// Takes what the other end says of lent blocks; the rest is the worker's.
    fn take(&self, message: ToOwner) -> Result<Option<ToOwner>, WireError> {
        match message {
            ToOwner::Near => drop(lock(&self.loans).get_or_insert_default()),
            ToOwner::Read { loan, well } => {
                let answer = lock(&self.loans).get_or_insert_default().end(loan, well)?;
                drop(self.queue.send(answer));
            }
            ToOwner::Get { .. } | ToOwner::Used { .. } => return Ok(Some(message)),
        }
        Ok(None)
    }
}

impl Rim for Sockets {
    fn act(&self, actions: Vec<Action>) {
        for action in actions {
            // A closed queue belongs to a connection that ended: the driver's ends the process, a worker's is reported.
            match action {
                Action::Tell(message) => drop(self.driver.send(self.with_traffic(message))),
                Action::Ask(node, message) => {
                    if let (true, ToOwner::Get { id, .. }) = (trace::is_on(), &message) {
                        lock(&self.asked).insert(*id, trace::now());
                    }
                    self.ask(node, message);
                }
                Action::Answer(node, message) => {
                    if let Some(answering) = lock(&self.answers).get(&node) {
                        answering.send(message);
                    }
                }
                // The driver finds the connection closed.
                Action::Stop => std::process::exit(1),
            }
        }
    }
}

impl Sockets {
    fn with_traffic(&self, message: ToDriver) -> ToDriver {
        match message {
            ToDriver::Stats(ticket, mut stats) => {
                stats.net_in = self.traffic.net_in.load(Ordering::Relaxed);
                stats.net_out = self.traffic.net_out.load(Ordering::Relaxed);
                send_trace(&self.driver);
                ToDriver::Stats(ticket, stats)
            }
            ToDriver::Report(_)
            | ToDriver::Ready(_)
            | ToDriver::Failed(..)
            | ToDriver::Inventory(..)
            | ToDriver::Unreachable(..)
            | ToDriver::Trace(_)
            | ToDriver::Clock { .. }
            | ToDriver::Alive(_)
            | ToDriver::Block(..) => message,
        }
    }

    /// Queues a message to the node that holds a block; the first one dials, and the first one after a connection has ended.
    fn ask(&self, node: NodeId, message: ToOwner) {
        let Some(own) = self.own.get().and_then(std::sync::Weak::upgrade) else { return };
        let mut asks = lock(&self.asks);
        let asking = asks.entry(node).or_insert_with(|| {
            let (queue, messages) = unbounded_channel();
            let own_queue = queue.clone();
            let task = self.runtime.spawn(async move {
                let end = own.pull_from(node, own_queue, messages).await;
                lock(&own.asks).remove(&node);
                own.act(own.node.on(Input::Unreachable(node)));
                drop(end);
            });
            Asking { queue, task: task.abort_handle() }
        });
        drop(asking.queue.send(message));
    }

    /// Ends the connection to a node, if there is one.
    fn sever(&self, node: NodeId) {
        let asking = lock(&self.asks).remove(&node);
        if let Some(asking) = asking {
            asking.task.abort();
            self.act(self.node.on(Input::Unreachable(node)));
        }
    }

    /// Dials a node and hands its answers to the worker until the connection ends.
    async fn pull_from(
        &self,
        node: NodeId,
        queue: UnboundedSender<ToOwner>,
        messages: UnboundedReceiver<ToOwner>,
    ) -> Result<(), WireError> {
        let peer = lock(&self.peers).iter().find(|p| p.node == node).copied();
        let peer = peer.ok_or_else(|| WireError::Broken(format!("the cluster has no node n{}", node.0)))?;
        let stream = TcpStream::connect(peer.address).await?;
        socket::prepare(&stream)?;
        let mut stream = encrypted(&self.cipher, stream).await?;
        auth::dial(&mut stream, &self.key, self.me, Role::Worker(node)).await?;
        let (mut reader, mut writer) = link::split(stream, self.epoch, &self.traffic);
        reader.set_patience(PATIENCE);
        let owner = peer.mark.filter(|mark| self.near && mark.is_of(peer.pid)).map(|_| peer.pid);
        if owner.is_some() {
            writer.write_plain(&ToOwner::Near).await?;
        }
        tokio::spawn(writer.run(messages));
        let mut borrowed = Borrowed::default();
        while let Some(message) = reader.read::<FromOwner>().await? {
            let reply = match (message, owner) {
                (FromOwner::Lent(loan), Some(_)) => {
                    borrowed.offer(loan);
                    None
                }
                (FromOwner::Confirmed(loan), Some(_)) => Some(borrowed.confirm(loan)?),
                (FromOwner::Lent(_) | FromOwner::Confirmed(_), None) => {
                    return Err(WireError::Broken("a loan that nobody asked for".to_owned()));
                }
                (message @ (FromOwner::Block(..) | FromOwner::Failed(..) | FromOwner::Alive), _) => Some(message),
            };
            if let Some(message) = reply {
                self.record_transfer(node, &message);
                self.act(self.node.on(Input::Reply(node, message)));
            }
            if let Some(owner) = owner {
                // A closed queue is found out by the reader.
                borrowed.read(owner, |said| drop(queue.send(said))).await?;
            }
        }
        Ok(())
    }

    /// A transfer has ended, well or not.
    fn record_transfer(&self, from: NodeId, message: &FromOwner) {
        let (id, bytes) = match message {
            FromOwner::Block(id, block) => (*id, block.bytes().len() as u64),
            FromOwner::Failed(_, id, _) => (*id, 0),
            FromOwner::Alive | FromOwner::Lent(_) | FromOwner::Confirmed(_) => return,
        };
        if let Some(begin) = lock(&self.asked).remove(&id) {
            trace::record(begin, What::Transfer { block: id, from: from.0, bytes });
        }
    }

    /// Serves one worker that dialed, until its connection ends.
    async fn answer_to(&self, node: NodeId, stream: Stream) -> Result<(), WireError> {
        let (mut reader, writer) = link::split(stream, self.epoch, &self.traffic);
        let (queue, messages) = unbounded_channel();
        let answering = Arc::new(Answering { queue, loans: Mutex::default() });
        lock(&self.answers).insert(node, Arc::clone(&answering));
        tokio::spawn(writer.run::<FromOwner>(messages));
        let end = async {
            while let Some(message) = reader.read::<ToOwner>().await? {
                if let Some(message) = answering.take(message)? {
                    self.act(self.node.on(Input::Request(node, message)));
                }
            }
            Ok(())
        };
        let end = end.await;
        // Without its queue the writer ends and closes the connection, which tells the other end.
        let mut answers = lock(&self.answers);
        if answers.get(&node).is_some_and(|a| Arc::ptr_eq(a, &answering)) {
            answers.remove(&node);
        }
        end
    }
}

/// Signs of life from a thread of its own: a node that computes or sends for long is alive, one that was stopped is not.
fn beat(sockets: std::sync::Weak<Sockets>) -> std::io::Result<()> {
    let beats = move || {
        let mut share = 100;
        while let Some(sockets) = sockets.upgrade()
            && sockets.driver.send(ToDriver::Alive(share)).is_ok()
        {
            send_trace(&sockets.driver);
            // A closed queue belongs to a connection that is about to be removed.
            lock(&sockets.answers).values().for_each(|answering| answering.send(FromOwner::Alive));
            drop(sockets);
            share = share_until_beat();
        }
    };
    std::thread::Builder::new().name("nums-heartbeat".into()).spawn(beats).map(drop)
}

/// Waits until the next sign of life. Who gets to run only now and then, as a process that is stopped again and again, misses most
/// of its ticks.
fn share_until_beat() -> u8 {
    let (begin, mut ticks) = (Instant::now(), 0);
    while begin.elapsed() < HEARTBEAT {
        std::thread::sleep(TICK);
        ticks += 1;
    }
    (100 * TICK.as_micros() * ticks / begin.elapsed().as_micros().max(1)).min(100) as u8
}

/// Sends what was recorded, if anything was.
fn send_trace(driver: &UnboundedSender<ToDriver>) {
    let events = if trace::is_on() { trace::take() } else { Vec::new() };
    if !events.is_empty() {
        // A closed queue belongs to a driver that is gone.
        drop(driver.send(ToDriver::Trace(events)));
    }
}

/// Lets other workers in. One that cannot prove itself, or breaks the protocol, loses its connection and nothing else.
async fn listen(sockets: Arc<Sockets>, door: Door) {
    let greet = |visitor| {
        match visitor {
            Visitor::Member(Role::Worker(node), stream, _) => {
                let sockets = Arc::clone(&sockets);
                tokio::spawn(async move { sockets.answer_to(node, stream).await });
            }
            Visitor::Member(Role::Driver | Role::Joiner, ..) | Visitor::Refused(..) => {}
        }
        true
    };
    door.attend(greet).await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
