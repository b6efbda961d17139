//! A node in this process: the driver and the worker hand each other messages as they are, without bytes.
//!
//! Locks are taken in one order: the hub, then the node. A compute thread has given up the node's lock when it tells the
//! hub.

use super::{Hub, Link};
use crate::driver::{Driver, Event};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::place::NodeSpec;
use crate::wire::message::ToWorker;
use crate::worker::compute::{Node, Rim};
use crate::worker::{Action, Worker};
use nums_ir::graph::NodeId;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The node and its threads.
pub(super) struct Threads {
    node: Arc<Node>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

const HERE: NodeId = NodeId(0);

/// Starts one node with `n` compute threads and so much memory.
pub(super) fn start(n: usize, memory: &Memory) -> Result<(Arc<Hub>, Threads)> {
    let pid = std::process::id();
    let node = Node::new(Worker::new(HERE, pid).with_memory(memory.bytes).with_threads(n));
    let spec = NodeSpec { threads: n, memory: memory.bytes };
    let hub =
        Hub::new(Driver::new(&[pid], false), vec![Box::new(Direct(Arc::clone(&node)))], vec![spec], Some(Arc::clone(&node)));
    let threads = node.start(n, &hub, memory).map_err(|e| Error::Unsupported { what: format!("{n} compute threads: {e}") })?;
    Ok((hub, Threads { node, threads: Mutex::new(threads) }))
}

impl Threads {
    /// Waits while blocks stand above the budget until some are on disk. The disk thread needs no lock of the driver's.
    pub(super) fn await_room(&self) {
        while self.node.is_crowded() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the threads after their current jobs.
    pub(super) fn close(&self) {
        self.node.close();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

/// The way from the driver to the node.
struct Direct(Arc<Node>);

impl Link for Direct {
    fn send(&self, message: ToWorker) -> Vec<Event> {
        events(self.0.on_own_driver(message))
    }

    /// Nobody is there who could not reach it.
    fn give_up(&self) {}
}

/// The way from the node to the driver.
impl Rim for Hub {
    fn act(&self, actions: Vec<Action>) {
        self.on_all(events(actions));
    }
}

/// With one node there is nobody to pull from. A node that stops after the cluster closed is no news to the driver.
fn events(actions: Vec<Action>) -> Vec<Event> {
    let event = |action| match action {
        Action::Tell(message) => Some(Event::From(HERE, message)),
        Action::Stop => Some(Event::Lost(HERE, "it met a defect of nums".to_owned())),
        Action::Ask(..) | Action::Answer(..) => None,
    };
    actions.into_iter().filter_map(event).collect()
}
