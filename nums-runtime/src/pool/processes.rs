//! Worker processes, of this machine or others: the rim of the driver with sockets.
//!
//! One thread gathers the `members` (those that it starts die with it) and does all I/O. When the connection of a worker
//! ends, the driver hears that it is lost, the connection is closed, and what is left of a process that was started here is
//! killed: a fenced worker does nothing more.

use super::lane::Lane;
use super::members::{Gathered, LOOK, Member, Source, gather};
use super::{Hub, Link};
use crate::driver::{Driver, Event};
use crate::error::{Error, Result};
use crate::hook;
use crate::launch::Launched;
use crate::place::NodeSpec;
use crate::trace;
use crate::wire::message::{PATIENCE, ToDriver, ToWorker};
use nums_ir::graph::NodeId;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};

/// The I/O thread and the way to end it.
pub(super) struct Processes {
    end: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

/// Time that workers have to end by themselves.
const END: Duration = Duration::from_secs(2);

/// The driver with its members, once they are there.
pub(super) struct Started {
    pub(super) hub: Arc<Hub>,
    pub(super) processes: Processes,
    /// What planning knows of each.
    pub(super) nodes: Vec<NodeSpec>,
}

/// What the I/O thread says when all are there.
type Told = Result<(Arc<Hub>, Vec<NodeSpec>)>;

/// Gathers workers from `source`.
pub(super) fn start(source: Source) -> Result<Started> {
    hook::leave_if_worker();
    let (tell, told) = mpsc::channel();
    let (end, ended) = oneshot::channel();
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("a thread for input and output: {e}") };
    let body = move || run(source, &tell, ended);
    let thread = std::thread::Builder::new().name("nums-io".to_owned()).spawn(body).map_err(failed)?;
    match told.recv() {
        Ok(Ok((hub, nodes))) => {
            let processes = Processes { end: Mutex::new(Some((end, thread))) };
            Ok(Started { hub, processes, nodes })
        }
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
                let node = |m: &Member| NodeSpec { threads: (m.join.threads as usize).max(1), memory: m.join.memory };
                let nodes = gathered.members.iter().map(node).collect();
                let hub = serve(gathered, cluster);
                let _ = tell.send(Ok((Arc::clone(&hub.0), nodes)));
                // A dropped sender is a pool that went away without closing: the same end.
                let _ = ended.await;
                hub.1.end().await;
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    });
}

/// The processes of a running cluster.
struct Running {
    workers: Arc<Mutex<Vec<Launched>>>,
    /// Tasks that end with the connections of the members.
    connections: Vec<tokio::task::JoinHandle<()>>,
}

/// Joins the driver to its members.
fn serve(Gathered { workers, members }: Gathered, cluster: u32) -> (Arc<Hub>, Running) {
    let pids: Vec<u32> = members.iter().map(|m| m.join.pid).collect();
    let workers = Arc::new(Mutex::new(workers));
    let (mut links, mut halves): (Vec<Box<dyn Link>>, Vec<_>) = (Vec::new(), Vec::new());
    let mut driver = Driver::new(&pids, true);
    for (node, member) in members.into_iter().enumerate() {
        driver.limit(NodeId(node as u32), member.join.isa);
        let (queue, messages) = unbounded_channel();
        let lane = Lane::new(cluster, links.len() as u32, member.join.pid, queue.clone());
        let cut = Arc::new(Notify::new());
        links.push(Box::new(Queue { queue, cut: Arc::clone(&cut) }));
        halves.push((member.reader, member.writer, messages, lane, cut));
    }
    let hub = Hub::new(driver, links);
    let mut connections = Vec::new();
    for (node, (mut reader, writer, messages, lane, cut)) in halves.into_iter().enumerate() {
        let writer = tokio::spawn(writer.run::<ToWorker>(messages));
        let (hub, workers) = (Arc::clone(&hub), Arc::clone(&workers));
        reader.set_patience(PATIENCE);
        connections.push(tokio::spawn(async move {
            let node = NodeId(node as u32);
            let why = loop {
                let message = tokio::select! {
                    message = reader.read::<ToDriver>() => message,
                    () = cut.notified() => break "it was given up".to_owned(),
                };
                match message {
                    Ok(Some(message)) => {
                        if let Some(message) = lane.take(message) {
                            hub.on(Event::From(node, message));
                        }
                    }
                    Ok(None) => break "its connection ended".to_owned(),
                    Err(e) => break format!("its connection broke: {e}"),
                }
            };
            hub.on(Event::Lost(node, why));
            // Closes the connection: a worker that was cut off must not wait for more.
            writer.abort();
            if let Some(worker) = lock(&workers).get_mut(node.0 as usize) {
                worker.end();
            }
        }));
    }
    (hub, Running { workers, connections })
}

impl Running {
    /// Waits until the workers have ended, who have been told to; kills what is left. One that was not started here has ended
    /// when its connection has.
    async fn end(self) {
        let end = Instant::now() + END;
        let has_ended = || {
            self.connections.iter().all(tokio::task::JoinHandle::is_finished)
                && lock(&self.workers).iter_mut().all(Launched::has_ended)
        };
        while Instant::now() < end && !has_ended() {
            tokio::time::sleep(LOOK).await;
        }
        lock(&self.workers).iter_mut().for_each(Launched::end);
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

fn lock(workers: &Mutex<Vec<Launched>>) -> std::sync::MutexGuard<'_, Vec<Launched>> {
    workers.lock().unwrap_or_else(PoisonError::into_inner)
}
