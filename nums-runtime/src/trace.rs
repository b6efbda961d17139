//! What happened when: tasks, transfers, waits, spills, and what the user's threads did, for `NUMS_TRACE=file.json`.
//!
//! Every process has one recorder. It costs one relaxed load where nobody traces. A worker is told to record when it is
//! welcomed; it sends its events in batches with its signs of life, and before it answers `Stats`, which is how a closing driver
//! collects the rest. Clocks are each process's own; the driver asks each worker for its time now and then and keeps the answer
//! that took the least (`Clock`). The file is written when a cluster closes, whole, under its name at once (`chrome`).

mod chrome;

use crate::pool::Gid;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// Names the file.
pub const VARIABLE: &str = "NUMS_TRACE";
/// Events that a process keeps: what comes then is counted only.
const MOST: usize = 4 << 20;

/// Something that took time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What it was.
    pub what: What,
    /// Thread of its process, from 0 in the order of their first events.
    pub thread: u32,
    /// Nanoseconds since the process's first look at its clock.
    pub begin: u64,
    /// The same, at the end.
    pub end: u64,
}

/// What took time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A task ran.
    Task {
        /// Its function.
        call: String,
        /// Number of the call.
        number: u64,
        /// Position in the call's order.
        seq: u32,
        /// What it did.
        op: String,
        /// Bytes that it made.
        bytes: u64,
    },
    /// A compute thread had nothing to do.
    Idle,
    /// A block came from another node, from the question to the last byte.
    Transfer {
        /// Which block.
        block: Gid,
        /// Whose.
        from: u32,
        /// How long it is.
        bytes: u64,
    },
    /// A block went to the disk, or came back from it.
    Disk {
        /// Which block.
        block: Gid,
        /// It was written.
        write: bool,
        /// How long it is.
        bytes: u64,
    },
    /// A user's thread did, or waited for, this.
    Step(String),
}

/// The recorder of a process.
struct Recorder {
    on: AtomicBool,
    begin: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: Vec<Event>,
    dropped: u64,
    /// Something is not in the file yet.
    new: bool,
    /// A driver's: where to write, and what workers sent.
    path: Option<PathBuf>,
    workers: Vec<Lane>,
}

/// A worker process in the driver's file.
struct Lane {
    cluster: u32,
    node: u32,
    pid: u32,
    events: Vec<Event>,
    clock: Clock,
}

/// What the driver knows of a worker's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Clock {
    /// What must be added to the worker's time to get the driver's.
    offset: i64,
    /// How long the answer took that told it; none yet if 0.
    took: u64,
}

/// A worker in the driver's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneId(usize);

static THREADS: AtomicU32 = AtomicU32::new(0);
static CLUSTERS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static THREAD: Cell<Option<u32>> = const { Cell::new(None) };
}

fn recorder() -> &'static Recorder {
    static RECORDER: OnceLock<Recorder> = OnceLock::new();
    RECORDER.get_or_init(|| Recorder { on: AtomicBool::new(false), begin: Instant::now(), state: Mutex::default() })
}

fn lock() -> MutexGuard<'static, State> {
    recorder().state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this process records.
pub fn is_on() -> bool {
    recorder().on.load(Ordering::Relaxed)
}

/// This process's clock.
pub fn now() -> u64 {
    u64::try_from(recorder().begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A worker records from now on.
pub fn begin_worker() {
    recorder().on.store(true, Ordering::Relaxed);
}

/// A driver records from now on if `NUMS_TRACE` names a file; returns the number of its new cluster.
pub(crate) fn begin_driver() -> u32 {
    if let Some(path) = std::env::var_os(VARIABLE).filter(|p| !p.is_empty()) {
        lock().path = Some(PathBuf::from(path));
        recorder().on.store(true, Ordering::Relaxed);
    }
    CLUSTERS.fetch_add(1, Ordering::Relaxed)
}

fn thread() -> u32 {
    THREAD.get().unwrap_or_else(|| {
        let number = THREADS.fetch_add(1, Ordering::Relaxed);
        THREAD.set(Some(number));
        number
    })
}

/// Something that began at `begin` has ended.
pub fn record(begin: u64, what: What) {
    let event = Event { what, thread: thread(), begin, end: now() };
    let mut state = lock();
    state.new = true;
    if state.events.len() < MOST {
        state.events.push(event);
    } else {
        state.dropped += 1;
    }
}

/// The events of this worker since the last time.
pub fn take() -> Vec<Event> {
    std::mem::take(&mut lock().events)
}

/// A step of a user's thread; it ends when this is dropped.
#[derive(Debug)]
pub struct Step {
    begin: Option<u64>,
    name: &'static str,
    detail: String,
    #[cfg(feature = "tracing")]
    _span: tracing::span::EnteredSpan,
}

/// Begins a step: in the trace, and as a span of `tracing` where that feature is on.
pub fn step(name: &'static str, detail: &str) -> Step {
    let on = is_on();
    Step {
        begin: on.then(now),
        name,
        detail: if on { detail.to_owned() } else { String::new() },
        #[cfg(feature = "tracing")]
        _span: tracing::debug_span!(target: "nums", "step", what = name, of = detail).entered(),
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(begin) = self.begin {
            let space = if self.detail.is_empty() { "" } else { " " };
            record(begin, What::Step(format!("{}{space}{}", self.name, self.detail)));
        }
    }
}

/// A worker of the driver's cluster number `cluster`.
pub fn add_worker(cluster: u32, node: u32, pid: u32) -> LaneId {
    let mut state = lock();
    state.workers.push(Lane { cluster, node, pid, events: Vec::new(), clock: Clock::default() });
    LaneId(state.workers.len() - 1)
}

/// What a worker sent.
pub fn add_events(lane: LaneId, events: Vec<Event>) {
    let mut state = lock();
    let State { workers, dropped, new, .. } = &mut *state;
    *new = true;
    if let Some(lane) = workers.get_mut(lane.0) {
        let room = MOST.saturating_sub(lane.events.len());
        *dropped += events.len().saturating_sub(room) as u64;
        lane.events.extend(events.into_iter().take(room));
    }
}

/// A worker's clock showed `theirs` between the driver's `asked` and now.
pub fn add_clock(lane: LaneId, asked: u64, theirs: u64) {
    let answered = now();
    if let Some(lane) = lock().workers.get_mut(lane.0) {
        lane.clock = lane.clock.better(asked, answered, theirs);
    }
}

impl Clock {
    fn better(self, asked: u64, answered: u64, theirs: u64) -> Clock {
        let took = answered.saturating_sub(asked).max(1);
        if self.took != 0 && self.took <= took {
            return self;
        }
        Clock { offset: (asked + took / 2) as i64 - theirs as i64, took }
    }

    /// A worker's time as the driver's.
    fn here(self, theirs: u64) -> u64 {
        theirs.saturating_add_signed(self.offset)
    }
}

/// Writes what is known so far to the file, if there is one.
pub fn write() {
    let mut state = lock();
    let Some(path) = state.path.clone().filter(|_| std::mem::take(&mut state.new)) else { return };
    if let Err(e) = chrome::write(&path, &state) {
        eprintln!("nums: {VARIABLE}={}: {e}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn the_answer_that_took_least_sets_the_clock() {
        let first = Clock::default().better(1000, 3000, 500);
        assert_eq!(first, Clock { offset: 1500, took: 2000 });
        assert_eq!(first.better(5000, 9000, 1), first, "a slower answer tells less");
        let better = first.better(10_000, 10_100, 8_000);
        assert_eq!((better.here(8_000), better.here(7_000)), (10_050, 9_050));
        assert_eq!(Clock { offset: -50, took: 1 }.here(20), 0, "before the driver's first look");
    }
}
