//! Worker processes of this machine: the rim of the driver with sockets.
//!
//! One thread starts the workers (they die with it), listens, and does all I/O. A worker joins by dialing, proving itself and
//! saying its process, which must be the one that was started. When the connection of a worker ends, the driver hears that it
//! is lost, and what is left of the process is killed: a fenced worker does nothing more.

use super::{Hub, Link};
use crate::driver::{Driver, Event};
use crate::error::{Error, Result};
use crate::hook;
use crate::launch::{self, Launched, Start};
use crate::memory::Memory;
use crate::wire::WireError;
use crate::wire::auth::{self, Role, Secret};
use crate::wire::link::{self, Reader, Traffic, Writer};
use crate::wire::message::{Join, PATIENCE, Peer, ToDriver, ToWorker, Welcome};
use nums_ir::graph::NodeId;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The I/O thread and the way to end it.
pub(super) struct Processes {
    end: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

/// The epoch of a cluster whose members never change.
const EPOCH: u32 = 1;
/// Time until started workers must have joined.
const JOIN: Duration = Duration::from_secs(10);
/// Time that workers have to end by themselves.
const END: Duration = Duration::from_secs(2);
/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// Starts `nodes` worker processes with so many compute threads and so much memory each.
pub(super) fn start(nodes: usize, threads: usize, memory: Memory) -> Result<(Arc<Hub>, Processes)> {
    hook::leave_if_worker();
    let (tell, told) = mpsc::channel();
    let (end, ended) = oneshot::channel();
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("a thread for input and output: {e}") };
    let body = move || run(nodes, threads, &memory, &tell, ended);
    let thread = std::thread::Builder::new().name("nums-io".to_owned()).spawn(body).map_err(failed)?;
    match told.recv() {
        Ok(Ok(hub)) => Ok((hub, Processes { end: Mutex::new(Some((end, thread))) })),
        Ok(Err(error)) => {
            // The thread has said why it ends; it reaps the processes before it does.
            let _ = thread.join();
            Err(error)
        }
        Err(mpsc::RecvError) => Err(Error::Closed),
    }
}

impl Processes {
    /// Ends the workers and waits until they are gone.
    pub(super) fn close(&self) {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((end, thread)) = end {
            // Either may be gone already, which is what is wanted.
            let _ = end.send(());
            let _ = thread.join();
        }
    }
}

/// The I/O thread.
fn run(nodes: usize, threads: usize, memory: &Memory, tell: &mpsc::Sender<Result<Arc<Hub>>>, ended: oneshot::Receiver<()>) {
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("sockets: {e}") };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return drop(tell.send(Err(failed(e)))),
    };
    runtime.block_on(async {
        match gather(nodes, threads, memory).await {
            Ok((workers, members)) => {
                let hub = serve(workers, members);
                let _ = tell.send(Ok(Arc::clone(&hub.0)));
                // A dropped sender is a pool that went away without closing: the same end.
                let _ = ended.await;
                hub.1.end().await;
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    });
}

/// A worker that has joined.
struct Member {
    reader: Reader,
    writer: Writer,
    join: Join,
}

/// Starts the processes and lets them join.
async fn gather(nodes: usize, threads: usize, memory: &Memory) -> Result<(Vec<Launched>, Vec<Member>)> {
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("a socket for workers: {e}") };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
    let driver = listener.local_addr().map_err(failed)?;
    let secret = Secret::random().map_err(failed)?;
    let start = |node| Start { driver, secret: secret.clone(), node: NodeId(node), threads, memory: memory.clone() };
    let launch = |node| launch::launch(&start(node));
    let mut workers = (0..nodes as u32).map(launch).collect::<Result<Vec<Launched>>>()?;
    launch::await_entries(&mut workers)?;
    let mut members: Vec<Option<Member>> = (0..nodes).map(|_| None).collect();
    let end = Instant::now() + JOIN;
    let mut dialers = JoinSet::new();
    while members.iter().any(Option::is_none) {
        tokio::select! {
            accepted = listener.accept() => {
                dialers.spawn(admit(accepted.map_err(failed)?.0, secret.clone()));
            }
            // A stranger, or a worker that breaks the protocol, loses its connection; the workers' time goes on.
            Some(Ok(Ok((node, member)))) = dialers.join_next() => {
                let place = members.get_mut(node.0 as usize);
                let started = workers.get(node.0 as usize).is_some_and(|w| w.pid() == member.join.pid);
                if let (Some(place @ None), true) = (place, started) {
                    *place = Some(member);
                }
            }
            () = tokio::time::sleep(LOOK) => check(&mut workers, end)?,
        }
    }
    let mut members: Vec<Member> = members.into_iter().flatten().collect();
    welcome(&mut members).await.map_err(|e| Error::Protocol { what: format!("welcoming the workers: {e}") })?;
    Ok((workers, members))
}

/// Whether all that were started may still join.
fn check(workers: &mut [Launched], end: Instant) -> Result<()> {
    for (node, worker) in workers.iter_mut().enumerate() {
        let late = Instant::now() > end;
        if late || worker.has_ended() {
            let why = if late { "it did not join in time" } else { "it ended before it joined" };
            return Err(Error::WorkerLost { node: node as u32, pid: worker.pid(), why: why.to_owned() });
        }
    }
    Ok(())
}

async fn admit(mut stream: TcpStream, secret: Secret) -> Result<(NodeId, Member), WireError> {
    stream.set_nodelay(true)?;
    let role = auth::accept(&mut stream, &secret, Role::Driver, |r| matches!(r, Role::Worker(_))).await?;
    let Role::Worker(node) = role else { return Err(WireError::Refused("only workers join")) };
    let (mut reader, writer) = link::split(stream, 0, &Arc::new(Traffic::default()));
    let join = tokio::time::timeout(auth::TIME, reader.read_plain());
    let join = join.await.unwrap_or(Err(WireError::Late("a worker that joins")))?;
    Ok((node, Member { reader, writer, join }))
}

async fn welcome(members: &mut [Member]) -> Result<(), WireError> {
    let peer = |(node, m): (usize, &Member)| Peer { node: NodeId(node as u32), pid: m.join.pid, address: m.join.address };
    let welcome = Welcome { epoch: EPOCH, peers: members.iter().enumerate().map(peer).collect() };
    for member in members {
        member.writer.write_plain(&welcome).await?;
        member.writer.set_epoch(EPOCH);
        member.reader.set_epoch(EPOCH);
    }
    Ok(())
}

/// The processes of a running cluster.
struct Running(Arc<Mutex<Vec<Launched>>>);

/// Joins the driver to its members.
fn serve(workers: Vec<Launched>, members: Vec<Member>) -> (Arc<Hub>, Running) {
    let pids: Vec<u32> = workers.iter().map(Launched::pid).collect();
    let workers = Arc::new(Mutex::new(workers));
    let (mut links, mut halves): (Vec<Box<dyn Link>>, Vec<_>) = (Vec::new(), Vec::new());
    for member in members {
        let (queue, messages) = unbounded_channel();
        links.push(Box::new(Queue(queue)));
        halves.push((member.reader, member.writer, messages));
    }
    let hub = Hub::new(Driver::new(&pids), links);
    for (node, (mut reader, writer, messages)) in halves.into_iter().enumerate() {
        tokio::spawn(writer.run::<ToWorker>(messages));
        let (hub, workers) = (Arc::clone(&hub), Arc::clone(&workers));
        reader.set_patience(PATIENCE);
        tokio::spawn(async move {
            let node = NodeId(node as u32);
            let why = loop {
                match reader.read::<ToDriver>().await {
                    Ok(Some(message)) => hub.on(Event::From(node, message)),
                    Ok(None) => break "its connection ended".to_owned(),
                    Err(e) => break format!("its connection broke: {e}"),
                }
            };
            hub.on(Event::Lost(node, why));
            if let Some(worker) = lock(&workers).get_mut(node.0 as usize) {
                worker.end();
            }
        });
    }
    (hub, Running(workers))
}

impl Running {
    /// Waits until the workers have ended, who have been told to; kills what is left.
    async fn end(self) {
        let end = Instant::now() + END;
        while Instant::now() < end && !lock(&self.0).iter_mut().all(Launched::has_ended) {
            tokio::time::sleep(LOOK).await;
        }
        lock(&self.0).iter_mut().for_each(Launched::end);
    }
}

/// The way from the driver to a worker.
struct Queue(UnboundedSender<ToWorker>);

impl Link for Queue {
    fn send(&self, message: ToWorker) -> Vec<Event> {
        // A closed queue belongs to a worker whose loss is on its way.
        let _ = self.0.send(message);
        Vec::new()
    }
}

fn lock(workers: &Mutex<Vec<Launched>>) -> std::sync::MutexGuard<'_, Vec<Launched>> {
    workers.lock().unwrap_or_else(PoisonError::into_inner)
}
