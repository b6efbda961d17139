//! What the driver's end of a worker's connection does for the trace: it keeps what the worker recorded, and asks for its clock
//! whenever the worker gives a sign of life.

use crate::trace::{self, LaneId};
use crate::wire::message::{ToDriver, ToWorker};
use tokio::sync::mpsc::UnboundedSender;

/// A worker in the trace; nothing if nobody traces.
pub(super) struct Lane {
    lane: Option<LaneId>,
    worker: UnboundedSender<ToWorker>,
}

impl Lane {
    /// The worker of a node of the driver's cluster number `cluster`, and the way to it.
    pub(super) fn new(cluster: u32, node: u32, pid: u32, worker: UnboundedSender<ToWorker>) -> Lane {
        Lane { lane: trace::is_on().then(|| trace::add_worker(cluster, node, pid)), worker }
    }

    /// Takes what is the trace's of what a worker says.
    pub(super) fn take(&self, message: ToDriver) -> Option<ToDriver> {
        let Some(lane) = self.lane else { return Some(message) };
        match message {
            ToDriver::Trace(events) => trace::add_events(lane, events),
            ToDriver::Clock { asked, theirs } => trace::add_clock(lane, asked, theirs),
            message => {
                if matches!(message, ToDriver::Alive(_)) {
                    // A closed queue belongs to a worker whose loss is on its way.
                    drop(self.worker.send(ToWorker::Clock(trace::now())));
                }
                return Some(message);
            }
        }
        None
    }
}
