//! The worker process: the rim of a `Node` with sockets.
//!
//! One thread does all I/O and knows no computing; compute threads know no I/O. The worker dials the driver, says where it
//! listens for other workers, and is welcomed with the addresses of all. It dials another worker when it first pulls from it;
//! answers come back on that connection. When the driver's connection ends, for whatever reason, the process ends.

use super::compute::{Node, Rim};
use super::{Action, Input, Worker};
use crate::launch::{self, Start};
use crate::wire::WireError;
use crate::wire::auth::{self, Role};
use crate::wire::link::{self, Traffic};
use crate::wire::message::{FromOwner, HEARTBEAT, Join, ToDriver, ToOwner, ToWorker, Welcome};
use nums_ir::graph::NodeId;
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often a node looks whether it has room for what the driver sends.
const ROOM: Duration = Duration::from_millis(1);

/// Serves the driver that made `socket` until it goes away.
pub fn serve(mut socket: UnixStream) {
    let start = launch::receive(&mut socket);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match (start, runtime) {
        (Ok(start), Ok(runtime)) => runtime.block_on(work(start)),
        (Err(e), _) => Err(e),
        (_, Err(e)) => Err(WireError::Io(e)),
    };
    if let Err(e) = result {
        eprintln!("nums: worker process {}: {e}", std::process::id());
    }
}

async fn work(start: Start) -> Result<(), WireError> {
    let me = Role::Worker(start.node);
    let listener = TcpListener::bind((start.driver.ip(), 0)).await?;
    let mut stream = TcpStream::connect(start.driver).await?;
    stream.set_nodelay(true)?;
    auth::dial(&mut stream, &start.secret, me, Role::Driver).await?;
    let traffic = Arc::new(Traffic::default());
    let (mut reader, mut writer) = link::split(stream, 0, &traffic);
    writer.write_plain(&Join { pid: std::process::id(), address: listener.local_addr()? }).await?;
    let welcome: Welcome = reader.read_plain().await?;
    reader.set_epoch(welcome.epoch);
    writer.set_epoch(welcome.epoch);

    let pids = welcome.peers.iter().map(|p| (p.node, p.pid)).collect();
    let node = Node::new(Worker::new(start.node, pids).with_memory(start.memory.bytes));
    let (driver, queue) = unbounded_channel();
    let sockets = Arc::new(Sockets {
        node: Arc::clone(&node),
        driver,
        start,
        welcome,
        traffic,
        runtime: Handle::current(),
        asks: Mutex::default(),
        answers: Mutex::default(),
        own: OnceLock::new(),
    });
    // The sockets hand themselves to the tasks that they start.
    let _ = sockets.own.set(Arc::downgrade(&sockets));
    tokio::spawn(writer.run::<ToDriver>(queue));
    tokio::spawn(listen(Arc::clone(&sockets), listener));
    node.start(sockets.start.threads, &sockets, &sockets.start.memory)?;
    beat(sockets.driver.clone())?;
    while let Some(message) = reader.read::<ToWorker>().await? {
        if let ToWorker::Tasks(batch) = &message {
            batch.check().map_err(WireError::Broken)?;
        }
        if matches!(message, ToWorker::Shutdown) {
            return Ok(());
        }
        sockets.act(node.on_driver(message));
        // Blocks of the driver come unasked: they wait in the socket while there is no room.
        while node.is_crowded() {
            tokio::time::sleep(ROOM).await;
        }
    }
    Ok(())
}

/// Where the actions of the worker go.
struct Sockets {
    node: Arc<Node>,
    driver: UnboundedSender<ToDriver>,
    start: Start,
    welcome: Welcome,
    traffic: Arc<Traffic>,
    runtime: Handle,
    /// Connections that this worker dialed, to pull.
    asks: Mutex<HashMap<NodeId, UnboundedSender<ToOwner>>>,
    /// Connections that others dialed, to answer.
    answers: Mutex<HashMap<NodeId, UnboundedSender<FromOwner>>>,
    own: OnceLock<std::sync::Weak<Sockets>>,
}

impl Rim for Sockets {
    fn act(&self, actions: Vec<Action>) {
        for action in actions {
            // A closed queue belongs to a connection that ended: the driver's ends the process, a worker's is reported.
            match action {
                Action::Tell(message) => drop(self.driver.send(self.with_traffic(message))),
                Action::Ask(node, message) => self.ask(node, message),
                Action::Answer(node, message) => {
                    if let Some(queue) = lock(&self.answers).get(&node) {
                        drop(queue.send(message));
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
                ToDriver::Stats(ticket, stats)
            }
            ToDriver::Report(_) | ToDriver::Ready(_) | ToDriver::Failed(..) | ToDriver::Alive | ToDriver::Block(..) => message,
        }
    }

    /// Queues a message to the node that holds a block; the first one dials.
    fn ask(&self, node: NodeId, message: ToOwner) {
        let mut asks = lock(&self.asks);
        let queue = asks.entry(node).or_insert_with(|| {
            let (queue, messages) = unbounded_channel();
            if let Some(own) = self.own.get().and_then(std::sync::Weak::upgrade) {
                self.runtime.spawn(async move {
                    let end = own.pull_from(node, messages).await;
                    own.act(own.node.on(Input::Unreachable(node)));
                    drop(end);
                });
            }
            queue
        });
        drop(queue.send(message));
    }

    /// Dials a node and hands its answers to the worker until the connection ends.
    async fn pull_from(&self, node: NodeId, messages: tokio::sync::mpsc::UnboundedReceiver<ToOwner>) -> Result<(), WireError> {
        let peer = self.welcome.peers.iter().find(|p| p.node == node);
        let peer = peer.ok_or_else(|| WireError::Broken(format!("the cluster has no node n{}", node.0)))?;
        let mut stream = TcpStream::connect(peer.address).await?;
        stream.set_nodelay(true)?;
        auth::dial(&mut stream, &self.start.secret, Role::Worker(self.start.node), Role::Worker(node)).await?;
        let (mut reader, writer) = link::split(stream, self.welcome.epoch, &self.traffic);
        tokio::spawn(writer.run(messages));
        while let Some(message) = reader.read::<FromOwner>().await? {
            self.act(self.node.on(Input::Reply(node, message)));
        }
        Ok(())
    }

    /// Serves one worker that dialed, until its connection ends.
    async fn answer_to(&self, mut stream: TcpStream) -> Result<(), WireError> {
        stream.set_nodelay(true)?;
        let me = Role::Worker(self.start.node);
        let role = auth::accept(&mut stream, &self.start.secret, me, |r| matches!(r, Role::Worker(_))).await?;
        let Role::Worker(node) = role else { return Err(WireError::Refused("only workers pull")) };
        let (mut reader, writer) = link::split(stream, self.welcome.epoch, &self.traffic);
        let (queue, messages) = unbounded_channel();
        lock(&self.answers).insert(node, queue.clone());
        tokio::spawn(writer.run::<FromOwner>(messages));
        let end = async {
            while let Some(message) = reader.read::<ToOwner>().await? {
                self.act(self.node.on(Input::Request(node, message)));
            }
            Ok(())
        };
        let end = end.await;
        // Without its queue the writer ends and closes the connection, which tells the other end.
        let mut answers = lock(&self.answers);
        if answers.get(&node).is_some_and(|q| q.same_channel(&queue)) {
            answers.remove(&node);
        }
        end
    }
}

/// Signs of life from a thread of its own: a node that computes or sends for long is alive, one that was stopped is not.
fn beat(driver: UnboundedSender<ToDriver>) -> std::io::Result<()> {
    let beats = move || {
        while driver.send(ToDriver::Alive).is_ok() {
            std::thread::sleep(HEARTBEAT);
        }
    };
    std::thread::Builder::new().name("nums-heartbeat".into()).spawn(beats).map(drop)
}

/// Lets other workers in. One that cannot prove itself, or breaks the protocol, loses its connection and nothing else.
async fn listen(sockets: Arc<Sockets>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let sockets = Arc::clone(&sockets);
                tokio::spawn(async move { sockets.answer_to(stream).await });
            }
            // A dialer that went away, or too many open files for the moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
