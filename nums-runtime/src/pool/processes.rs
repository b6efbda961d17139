//! Worker processes, of this machine or others: the rim of the driver with sockets.
//!
//! One thread gathers the `members` (those that it starts die with it) and does all I/O. When the connection of a worker
//! ends, the driver hears that it is lost, the connection is closed, and what is left of a process that was started here is
//! killed: a fenced worker does nothing more.

use super::lane::Lane;
use super::members::{Gathered, LOOK, Late, Member, Source, gather};
use super::{Hub, Link};
use crate::driver::{Driver, Event};
use crate::error::{Error, Result};
use crate::hook;
use crate::launch::Launched;
use crate::place::NodeSpec;
use crate::trace;
use crate::wire::link::{Reader, Writer};
use crate::wire::message::{PATIENCE, ToDriver, ToWorker};
use nums_ir::graph::NodeId;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};

/// The I/O thread and the way to end it.
pub(super) struct Processes {
    end: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

/// Time that workers have to end by themselves.
const END: Duration = Duration::from_secs(2);

/// What the I/O thread says when all are there.
type Told = Result<Arc<Hub>>;

/// Gathers workers from `source`.
pub(super) fn start(source: Source) -> Result<(Arc<Hub>, Processes)> {
    hook::leave_if_worker();
    let (tell, told) = mpsc::channel();
    let (end, ended) = oneshot::channel();
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("a thread for input and output: {e}") };
    let body = move || run(source, &tell, ended);
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
fn run(source: Source, tell: &mpsc::Sender<Told>, ended: oneshot::Receiver<()>) {
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("sockets: {e}") };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return drop(tell.send(Err(failed(e)))),
    };
    runtime.block_on(async {
        let cluster = trace::begin_driver();
        match gather(source).await {
            Ok(gathered) => {
                let running = serve(gathered, cluster);
                let _ = tell.send(Ok(Arc::clone(&running.rim.hub)));
                // A dropped sender is a pool that went away without closing: the same end.
                let _ = ended.await;
                running.end().await;
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    });
}

/// What the connections of the members share.
struct Rim {
    hub: Arc<Hub>,
    cluster: u32,
    /// Processes that were started here, by node.
    workers: Mutex<Vec<Launched>>,
    /// Tasks that end with the connections of the members.
    connections: Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

/// A running cluster.
struct Running {
    rim: Arc<Rim>,
    /// Lets workers in that come later.
    admission: tokio::task::JoinHandle<()>,
}

/// The driver's end of a member's connection.
struct Half {
    reader: Reader,
    writer: Writer,
    messages: UnboundedReceiver<ToWorker>,
    lane: Lane,
    cut: Arc<Notify>,
}

/// Joins the driver to its members.
fn serve(Gathered { workers, members, late }: Gathered, cluster: u32) -> Running {
    let pids: Vec<u32> = members.iter().map(|m| m.join.pid).collect();
    let specs = members.iter().map(spec).collect();
    let mut driver = Driver::new(&pids, true);
    let (mut links, mut halves): (Vec<Box<dyn Link>>, Vec<Half>) = (Vec::new(), Vec::new());
    for (node, member) in (0..).map(NodeId).zip(members) {
        driver.limit(node, member.join.isa, member.join.threads);
        let (link, half) = connection(cluster, node, member);
        links.push(link);
        halves.push(half);
    }
    let hub = Hub::new(driver, links, specs, None);
    let rim = Arc::new(Rim { hub, cluster, workers: Mutex::new(workers), connections: Mutex::default() });
    for (node, half) in (0..).map(NodeId).zip(halves) {
        rim.attend(node, half);
    }
    let admission = tokio::spawn(admit(late, Arc::clone(&rim)));
    Running { rim, admission }
}

/// What planning knows of a member.
fn spec(member: &Member) -> NodeSpec {
    NodeSpec { threads: (member.join.threads as usize).max(1), memory: member.join.memory }
}

/// The way to a member, and the driver's end of it.
fn connection(cluster: u32, node: NodeId, member: Member) -> (Box<dyn Link>, Half) {
    let (queue, messages) = unbounded_channel();
    let lane = Lane::new(cluster, node.0, member.join.pid, queue.clone());
    let cut = Arc::new(Notify::new());
    let link = Box::new(Queue { queue, cut: Arc::clone(&cut) });
    (link, Half { reader: member.reader, writer: member.writer, messages, lane, cut })
}

/// Lets workers in that come later.
async fn admit(mut late: Late, rim: Arc<Rim>) {
    while let Some((peer, member)) = late.next(|node| rim.hub.lock().driver.is_gone(node)).await {
        let (spec, isa) = (spec(&member), member.join.isa);
        let (link, half) = connection(rim.cluster, peer.node, member);
        rim.hub.join(peer, isa, spec, link);
        rim.attend(peer.node, half);
    }
}

impl Rim {
    /// Hands what a member says to the driver, until its connection ends.
    fn attend(self: &Arc<Rim>, node: NodeId, Half { mut reader, writer, messages, lane, cut }: Half) {
        let writer = tokio::spawn(writer.run::<ToWorker>(messages));
        let rim = Arc::clone(self);
        reader.set_patience(PATIENCE);
        let connection = tokio::spawn(async move {
            let why = loop {
                let message = tokio::select! {
                    message = reader.read::<ToDriver>() => message,
                    () = cut.notified() => break "it was given up".to_owned(),
                };
                match message {
                    Ok(Some(message)) => {
                        if let Some(message) = lane.take(message) {
                            rim.hub.on(Event::From(node, message));
                        }
                    }
                    Ok(None) => break "its connection ended".to_owned(),
                    Err(e) => break format!("its connection broke: {e}"),
                }
            };
            rim.hub.on(Event::Lost(node, why));
            // Closes the connection: a worker that was cut off must not wait for more.
            writer.abort();
            if let Some(worker) = lock(&rim.workers).get_mut(node.0 as usize) {
                worker.end();
            }
        });
        let mut connections = lock(&self.connections);
        connections.retain(|c| !c.is_finished());
        connections.push(connection);
    }
}

impl Running {
    /// Waits until the workers have ended, who have been told to; kills what is left. One that was not started here has ended
    /// when its connection has.
    async fn end(self) {
        let Rim { workers, connections, .. } = &*self.rim;
        self.admission.abort();
        let end = Instant::now() + END;
        let has_ended = || {
            lock(connections).iter().all(tokio::task::JoinHandle::is_finished)
                && lock(workers).iter_mut().all(Launched::has_ended)
        };
        while Instant::now() < end && !has_ended() {
            tokio::time::sleep(LOOK).await;
        }
        lock(workers).iter_mut().for_each(Launched::end);
    }
}

/// The way from the driver to a worker.
struct Queue {
    queue: UnboundedSender<ToWorker>,
    /// Ends the connection.
    cut: Arc<Notify>,
}

impl Link for Queue {
    fn send(&self, message: ToWorker) -> Vec<Event> {
        // A closed queue belongs to a worker whose loss is on its way.
        let _ = self.queue.send(message);
        Vec::new()
    }

    fn give_up(&self) {
        self.cut.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
