//! `Worker`: what one node does, as a state machine. Input in, actions out; no socket, no thread, no clock.
//!
//! A batch announces blocks and tasks. A task is ready when all its operands are in the `store`; the lowest (call, sequence)
//! is started first, when there is room for it (`room`). Operands that live elsewhere are pulled, at most `PULLS` at a time and in the order of the tasks that
//! need them, and one pull serves all who wait. That order keeps a bounded number of pulls free of deadlock: the lowest
//! unfinished task of the cluster waits for nothing unfinished, so its pulls are at the front and are answered. A task
//! with a failed operand is not run: its results carry the same failure. Ends are reported in batches, at the latest when
//! there is nothing to run. `next_job` hands out jobs, `compute` runs them, the rim moves the messages.

pub mod compute;
pub mod disk;
mod epoch;
mod job;
mod order;
mod pulls;
mod room;
#[cfg(target_os = "linux")]
pub mod serve;

use crate::block::Block;
use crate::error::Failure;
use crate::kernel::Kernel;
use crate::pool::{Gid, NodeStats};
use crate::store::{Content, Found, Reader, Store, Waiting};
use crate::wire::message::{Batch, BatchTask, Epoch, FromOwner, Origin, Report, ToDriver, ToOwner, ToWorker};
use disk::DiskDone;
pub use job::Job;
use nums_ir::graph::{Arg, NodeId, TaskOp};
use order::Order;
use pulls::{Pulls, Turns};
use room::{Pinned, Room};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// What can happen to a worker.
#[derive(Debug)]
pub enum Input {
    /// The driver says something.
    Driver(ToWorker),
    /// Another node asks for a block.
    Request(NodeId, ToOwner),
    /// Another node answers a pull.
    Reply(NodeId, FromOwner),
    /// The connection to another node ended or never began.
    Unreachable(NodeId),
    /// A job ended.
    Finished(Finished),
    /// The disk thread moved a block.
    Disk(DiskDone),
}

/// How a job ended.
#[derive(Debug)]
pub struct Finished {
    /// The job's number.
    pub job: usize,
    /// Its blocks, or why there are none.
    pub result: Result<Vec<Arc<Block>>, String>,
    /// Element-wise groups that ran as native code.
    pub native: u64,
    /// Element-wise groups that were interpreted.
    pub interpreted: u64,
    /// Microseconds that it ran.
    pub micros: u32,
    /// Operands that results were written over, by their place.
    pub over: Vec<usize>,
}

/// What a worker wants done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Tell the driver.
    Tell(ToDriver),
    /// Ask the node that holds a block.
    Ask(NodeId, ToOwner),
    /// Answer a node that asked.
    Answer(NodeId, FromOwner),
    /// End: the driver said so, or a compute thread met a defect.
    Stop,
}

/// Ended tasks that are reported at the latest: each report takes a thread from computing, on both sides.
const REPORT: usize = 256;
/// The same of tasks that ran for a while, and failures that a report names.
const NAMED: usize = 64;
/// Tasks whose places are kept for the next ones when all have ended.
const PLACES: usize = 1 << 10;
/// Microseconds from which on the driver hears how long a task took.
const MEASURED: u32 = 100;

/// Blocks that the driver waits for together. One is awaited at a time: when it is there, most others are too.
struct Watch {
    ids: Vec<Gid>,
    /// So many at the front are there.
    there: usize,
    /// The next one to look at; what lies between is failed.
    next: usize,
}

/// One node.
pub struct Worker {
    node: NodeId,
    store: Store,
    tasks: Vec<Option<Pending>>,
    free: Vec<usize>,
    ready: Order<Reverse<(u64, u32, usize)>>,
    running: usize,
    kernels: HashMap<u32, Result<Arc<Kernel>, String>>,
    pulls: Pulls,
    turns: Turns,
    threads: usize,
    room: Room,
    /// What every message to and from others belongs to.
    epoch: Epoch,
    /// Jobs of earlier epochs have lower numbers.
    base: usize,
    seen: u64,
    report: Report,
    watches: HashMap<u64, Watch>,
    n_watches: u64,
    ended: usize,
    stats: NodeStats,
}

/// A task that is not done.
struct Pending {
    prepared: Arc<Prepared>,
    index: usize,
    turn: u64,
    missing: usize,
    blame: Option<Arc<Failure>>,
    pinned: Pinned,
    /// Bytes that were reserved when it was admitted: its operands are pinned from then on.
    reserved: Option<u64>,
}

/// A batch with its kernels ready to run.
struct Prepared {
    batch: Batch,
    kernels: Vec<Arc<Kernel>>,
    /// Why kernels of this batch cannot run.
    broken: Option<String>,
}

impl Worker {
    /// A node without blocks, in process `pid`.
    pub fn new(node: NodeId, pid: u32) -> Worker {
        Worker {
            node,
            store: Store::default(),
            tasks: Vec::new(),
            free: Vec::new(),
            ready: Order::new(),
            running: 0,
            kernels: HashMap::new(),
            pulls: Pulls::default(),
            turns: Turns::default(),
            threads: 1,
            room: Room::default(),
            epoch: 0,
            base: 0,
            stats: NodeStats { pid, ..NodeStats::default() },
            seen: 0,
            report: Report::default(),
            watches: HashMap::new(),
            n_watches: 0,
            ended: 0,
        }
    }

    /// A worker with so many compute threads: it fetches operands far enough ahead for them.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Worker {
        self.threads = threads;
        self
    }

    /// Takes one input and says what follows.
    pub fn on(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Driver(message) => self.on_driver(message, &mut actions),
            Input::Request(node, request) => self.on_request(node, request, &mut actions),
            Input::Reply(_, FromOwner::Block(id, block)) => self.on_pulled(id, Ok(block), &mut actions),
            Input::Reply(_, FromOwner::Failed(epoch, id, failure)) if epoch == self.epoch => {
                self.on_pulled(id, Err(Arc::new(failure)), &mut actions);
            }
            // The rim, which reads the clock and what is lent, has what it wants.
            Input::Reply(_, FromOwner::Failed(..) | FromOwner::Alive | FromOwner::Lent(_) | FromOwner::Confirmed(_)) => {}
            // Whatever was on the way is gone: the driver begins a new epoch, where it is asked for again.
            Input::Unreachable(node) => actions.push(Action::Tell(ToDriver::Unreachable(self.epoch, node))),
            Input::Finished(finished) => self.on_finished(finished, &mut actions),
            Input::Disk(done) => self.on_disk(done, &mut actions),
        }
        self.pull(&mut actions);
        self.tidy();
        if self.ended >= REPORT || self.report.times.len() >= NAMED || (self.ended > 0 && !self.is_busy()) {
            self.flush(&mut actions);
        }
        actions
    }

    /// Blocks that are here or awaited.
    pub fn n_blocks(&self) -> usize {
        self.store.len()
    }

    /// Whether a block is here, finished and kept.
    pub fn keeps(&self, id: Gid) -> bool {
        self.store.is_kept(id) && matches!(self.store.find(id), Found::Here(_) | Found::OnDisk(_) | Found::Coming)
    }

    /// Counts of the node so far; what went over sockets is the rim's to add.
    pub fn stats(&self) -> NodeStats {
        NodeStats { resident: self.store.bytes(), peak: self.store.peak(), largest: self.store.largest(), ..self.stats.clone() }
    }

    fn on_driver(&mut self, message: ToWorker, actions: &mut Vec<Action>) {
        match message {
            ToWorker::Tasks(batch) => self.on_batch(batch, actions),
            ToWorker::Get(ids) => ids.into_iter().for_each(|id| self.read(id, Reader::Driver, actions)),
            ToWorker::Watch(ids) => self.watch(ids, actions),
            ToWorker::Release(ids) => ids.into_iter().for_each(|id| self.store.release(id)),
            ToWorker::Epoch(epoch) => self.begin(epoch, actions),
            ToWorker::Stats(ticket) => {
                self.flush(actions);
                actions.push(Action::Tell(ToDriver::Stats(ticket, self.stats())));
            }
            // The rim reads the clock, and holds the connections.
            ToWorker::Clock(_) | ToWorker::Sever(_) | ToWorker::Peer(_) => {}
            ToWorker::Shutdown => actions.push(Action::Stop),
            ToWorker::Put(id, block) => {
                self.store.announce_put(id);
                let content = self.no_room_for_put(id, block.nbytes() as u64).map_or(Ok(block), |f| Err(Arc::new(f)));
                self.fill(id, content, actions);
            }
        }
    }

    fn on_batch(&mut self, batch: Batch, actions: &mut Vec<Action>) {
        self.seen = self.seen.max(batch.serial);
        self.begin_batch();
        for block in &batch.blocks {
            let known = self.store.announce(block.id, block.uses, block.origin.is_kept());
            if let Origin::From(node) = block.origin {
                self.expect_pull(block, node, batch.serial, known, actions);
            }
        }
        let prepared = Arc::new(self.prepare(batch));
        for index in 0..prepared.batch.work.tasks.len() {
            self.add_task(&prepared, index, actions);
        }
        for block in prepared.batch.blocks.iter().filter(|b| b.origin == Origin::MadeAndCopied) {
            self.read(block.id, Reader::Copy, actions);
        }
    }

    fn prepare(&mut self, mut batch: Batch) -> Prepared {
        if batch.forget {
            self.kernels.clear();
        }
        for (id, body) in std::mem::take(&mut batch.define) {
            let kernel = Kernel::prepare(&body.0).map_err(|e| e.to_string());
            let kernel = kernel.map(|k| Arc::new(if batch.code.native { k } else { k.interpreted() }));
            self.kernels.insert(id, kernel);
        }
        let unknown = || Err("the node was not told what the kernel does".to_owned());
        let found: Result<Vec<_>, String> =
            batch.kernels.iter().map(|id| self.kernels.get(id).cloned().unwrap_or_else(unknown)).collect();
        match found {
            Ok(kernels) => Prepared { batch, kernels, broken: None },
            Err(why) => Prepared { batch, kernels: Vec::new(), broken: Some(why) },
        }
    }

    fn add_task(&mut self, prepared: &Arc<Prepared>, index: usize, actions: &mut Vec<Action>) {
        let number = self.free.pop().unwrap_or(self.tasks.len());
        let task = &prepared.batch.work.tasks[index];
        let (pinned, turn) = (Pinned::default(), self.turns.take());
        let mut pending =
            Pending { prepared: Arc::clone(prepared), index, turn, missing: 0, blame: None, pinned, reserved: None };
        pending.pinned = self.measure(&pending);
        pending.blame = self.too_large(&pending, pending.pinned);
        for arg in &task.args {
            let Arg::Block(b) = *arg else { continue };
            let id = prepared.batch.blocks[b.0 as usize].id;
            match self.store.find(id) {
                Found::Here(_) | Found::OnDisk(_) | Found::Coming => {}
                Found::Failed(failure) => pending.blame = Some(Arc::clone(failure)),
                Found::Nowhere => {
                    pending.missing += 1;
                    self.store.await_task(id, number);
                    self.queue_pull(id, number, turn);
                }
            }
        }
        if pending.missing == 0 && pending.blame.is_none() && task.op.kernel().is_some() {
            pending.blame = blame_kernel(&pending);
        }
        let missing = pending.missing;
        if number == self.tasks.len() {
            self.tasks.push(Some(pending));
        } else {
            self.tasks[number] = Some(pending);
        }
        if missing == 0 {
            self.start(number, actions);
        }
    }

    /// A task whose operands are all there runs, or passes on a failure. Consequences are worked off from a list.
    fn start(&mut self, number: usize, actions: &mut Vec<Action>) {
        let mut numbers = vec![number];
        while let Some(number) = numbers.pop() {
            let pending = self.tasks[number].as_ref().expect("a task is started once");
            match pending.blame.clone() {
                None => self.enqueue(number),
                Some(failure) => {
                    if pending.reserved.is_some() {
                        self.stop_loading();
                    }
                    let n = self.tasks[number].as_ref().map_or(0, Pending::n_outs);
                    self.end(number, vec![Err(failure); n], &mut numbers, actions);
                }
            }
        }
    }

    fn on_finished(&mut self, finished: Finished, actions: &mut Vec<Action>) {
        let Finished { job, result, native, interpreted, micros, over } = finished;
        self.running -= 1;
        self.stats.tasks += 1;
        self.stats.native += native;
        self.stats.interpreted += interpreted;
        // A job of an earlier epoch has been given to another task, or to another node.
        let Some(job) = job.checked_sub(self.base) else { return };
        let Some(pending) = self.tasks.get(job).and_then(Option::as_ref) else { return };
        if micros >= MEASURED {
            let batch = &pending.prepared.batch;
            self.report.times.push((batch.serial, batch.work.tasks[pending.index].seq, micros));
        }
        let n = pending.n_outs();
        self.wrote_over(job, &over);
        let mut numbers = Vec::new();
        match result {
            Ok(blocks) if blocks.len() == n => self.end(job, blocks.into_iter().map(Ok), &mut numbers, actions),
            Ok(blocks) => self.fail(job, format!("made {} blocks instead of {n}", blocks.len()), &mut numbers, actions),
            Err(why) => self.fail(job, why, &mut numbers, actions),
        }
        for number in numbers {
            self.start(number, actions);
        }
    }

    /// Ends a task that made nothing.
    fn fail(&mut self, number: usize, why: String, numbers: &mut Vec<usize>, actions: &mut Vec<Action>) {
        let Some(pending) = self.tasks[number].as_ref() else { return };
        let (failure, n) = (Arc::new(pending.failure(why)), pending.n_outs());
        self.end(number, std::iter::repeat_n(Err(failure), n), numbers, actions);
    }

    /// Ends a task: fills its results, takes its uses, counts it. Tasks that can start now are added to `numbers`.
    fn end(
        &mut self,
        number: usize,
        contents: impl IntoIterator<Item = Content>,
        numbers: &mut Vec<usize>,
        actions: &mut Vec<Action>,
    ) {
        let Some(pending) = self.tasks[number].take() else { return };
        self.free.push(number);
        self.turns.end(pending.turn);
        self.release_task(pending.reserved.unwrap_or(0));
        let batch = &pending.prepared.batch;
        let task = &batch.work.tasks[pending.index];
        let mut contents = contents.into_iter().peekable();
        if let Some(Err(failure)) = contents.peek() {
            self.report_failure(failure, task.outs.iter().map(|&o| batch.blocks[o as usize].id));
        }
        for (&out, content) in task.outs.iter().zip(contents) {
            self.settle(batch.blocks[out as usize].id, content, numbers, actions);
        }
        for arg in &task.args {
            let Arg::Block(b) = *arg else { continue };
            let id = batch.blocks[b.0 as usize].id;
            match pending.reserved {
                Some(_) => self.store.done(id),
                None => self.store.used(id, 1),
            }
        }
        self.ended += 1;
        match self.report.ended.last_mut() {
            Some((serial, n)) if *serial == batch.serial => *n += 1,
            Some(_) | None => self.report.ended.push((batch.serial, 1)),
        }
        // Reports are searched for equal failures, so they stay short.
        if self.report.failures.len() >= NAMED {
            self.flush(actions);
        }
    }

    fn report_failure(&mut self, failure: &Failure, outs: impl Iterator<Item = Gid>) {
        let kept: Vec<Gid> = outs.filter(|&id| self.store.is_kept(id)).collect();
        let known = self.report.failures.iter().position(|f| f == failure);
        let index = known.unwrap_or_else(|| {
            self.report.failures.push(failure.clone());
            self.report.failures.len() - 1
        });
        self.report.poisoned.extend(kept.into_iter().map(|id| (id, index as u32)));
    }

    /// Fills a slot and starts what waited for it.
    fn fill(&mut self, id: Gid, content: Content, actions: &mut Vec<Action>) {
        let mut numbers = Vec::new();
        self.settle(id, content, &mut numbers, actions);
        for number in numbers {
            self.start(number, actions);
        }
    }

    /// Fills a slot and answers its readers; tasks that can start now are added to `numbers`.
    fn settle(&mut self, id: Gid, content: Content, numbers: &mut Vec<usize>, actions: &mut Vec<Action>) {
        let waiting = self.store.fill(id, content.clone());
        self.distribute(id, &content, waiting, numbers, actions);
    }

    /// Tells tasks and readers that waited for a block that it is there, or will never be.
    fn distribute(&mut self, id: Gid, content: &Content, waiting: Waiting, numbers: &mut Vec<usize>, actions: &mut Vec<Action>) {
        for number in waiting.tasks {
            let Some(pending) = self.tasks[number].as_mut() else { continue };
            pending.missing -= 1;
            if let Err(failure) = content {
                pending.blame.get_or_insert_with(|| Arc::clone(failure));
            }
            if pending.missing == 0 {
                if pending.blame.is_none() {
                    pending.blame = blame_kernel(pending);
                }
                numbers.push(number);
            }
        }
        for reader in waiting.readers {
            self.answer(id, content, reader, actions);
        }
    }

    fn on_request(&mut self, node: NodeId, request: ToOwner, actions: &mut Vec<Action>) {
        match request {
            ToOwner::Used { epoch, .. } | ToOwner::Get { epoch, .. } if epoch != self.epoch => {}
            ToOwner::Used { id, uses, .. } => self.store.used(id, uses),
            // The rim lends.
            ToOwner::Near | ToOwner::Read { .. } => {}
            ToOwner::Get { id, serial, uses, .. } => {
                if self.seen >= serial && !self.store.knows(id) {
                    let failure = self.nowhere(id);
                    actions.push(Action::Answer(node, FromOwner::Failed(self.epoch, id, failure)));
                } else {
                    self.read(id, Reader::Peer(node, uses), actions);
                }
            }
        }
    }

    /// A reader from outside: answered now or when the block is there.
    fn read(&mut self, id: Gid, reader: Reader, actions: &mut Vec<Action>) {
        match self.store.content(id).cloned() {
            Some(content) => self.answer(id, &content, reader, actions),
            None if matches!(self.store.find(id), Found::OnDisk(_)) => {
                self.store.await_reader(id, reader);
                self.recall(id);
            }
            None if !self.store.knows(id) && !matches!(reader, Reader::Peer(..)) => {
                let failure = self.nowhere(id);
                actions.push(Action::Tell(ToDriver::Failed(self.epoch, id, failure)));
            }
            None => self.store.await_reader(id, reader),
        }
    }

    /// Blocks that the driver waits for together: it is told once, when all are there.
    fn watch(&mut self, mut ids: Vec<Gid>, actions: &mut Vec<Action>) {
        ids.retain(|&id| {
            let known = self.store.knows(id);
            if !known {
                actions.push(Action::Tell(ToDriver::Failed(self.epoch, id, self.nowhere(id))));
            }
            known
        });
        self.n_watches += 1;
        self.watches.insert(self.n_watches, Watch { ids, there: 0, next: 0 });
        self.look(self.n_watches, actions);
    }

    /// Goes on with a watch to the first block that is not made yet. Of one that never will be the driver is told at once.
    fn look(&mut self, number: u64, actions: &mut Vec<Action>) {
        let Some(mut watch) = self.watches.remove(&number) else { return };
        while let Some(&id) = watch.ids.get(watch.next) {
            let failure = match self.store.find(id) {
                Found::Here(_) | Found::OnDisk(_) | Found::Coming => None,
                Found::Failed(failure) => Some(Failure::clone(failure)),
                Found::Nowhere if self.store.knows(id) => {
                    self.store.await_reader(id, Reader::Watch(number));
                    self.watches.insert(number, watch);
                    return;
                }
                // It was made, and let go since.
                Found::Nowhere => None,
            };
            watch.next += 1;
            match failure {
                None => {
                    watch.ids[watch.there] = id;
                    watch.there += 1;
                }
                Some(failure) => actions.push(Action::Tell(ToDriver::Failed(self.epoch, id, failure))),
            }
        }
        watch.ids.truncate(watch.there);
        if !watch.ids.is_empty() {
            actions.push(Action::Tell(ToDriver::Ready(watch.ids)));
        }
    }

    fn answer(&mut self, id: Gid, content: &Content, reader: Reader, actions: &mut Vec<Action>) {
        let failed = |failure: &Arc<Failure>| Failure::clone(failure);
        let said = match (reader, content) {
            // The report says that there will be none.
            (Reader::Copy, Err(_)) => None,
            (Reader::Driver | Reader::Copy, Ok(block)) => Some(Action::Tell(ToDriver::Block(id, Arc::clone(block)))),
            (Reader::Driver, Err(e)) => Some(Action::Tell(ToDriver::Failed(self.epoch, id, failed(e)))),
            (Reader::Peer(node, _), Ok(block)) => Some(Action::Answer(node, FromOwner::Block(id, Arc::clone(block)))),
            (Reader::Peer(node, _), Err(e)) => Some(Action::Answer(node, FromOwner::Failed(self.epoch, id, failed(e)))),
            (Reader::Watch(number), _) => {
                self.look(number, actions);
                None
            }
        };
        actions.extend(said);
        let uses = if let Reader::Peer(_, uses) = reader { uses } else { 0 };
        self.store.used(id, uses);
    }

    fn nowhere(&self, id: Gid) -> Failure {
        nowhere(self.node, id, "the block is not on this node")
    }

    fn flush(&mut self, actions: &mut Vec<Action>) {
        if self.ended > 0 {
            self.ended = 0;
            let report = std::mem::take(&mut self.report);
            actions.push(Action::Tell(ToDriver::Report(Report { epoch: self.epoch, ..report })));
        }
        if self.tasks.len() > PLACES && self.free.len() == self.tasks.len() {
            (self.tasks, self.free) = (Vec::new(), Vec::new());
            self.ready.clear();
        }
    }
}

impl Pending {
    fn task(&self) -> &BatchTask {
        &self.prepared.batch.work.tasks[self.index]
    }

    fn n_outs(&self) -> usize {
        self.task().outs.len()
    }

    /// Blocks that it reads, one for each operand.
    fn operands(&self) -> impl Iterator<Item = Gid> + '_ {
        let id = |arg: &Arg| if let Arg::Block(b) = arg { Some(self.prepared.batch.blocks[b.0 as usize].id) } else { None };
        self.task().args.iter().filter_map(id)
    }

    fn failure(&self, why: String) -> Failure {
        let batch = &self.prepared.batch;
        let task = &batch.work.tasks[self.index];
        let (grid, index) = (&batch.work.grids[task.place.0 as usize], task.place.1 as usize);
        let name = op_name(&task.op);
        let op = match batch.work.subjects.iter().find(|(loc, _)| *loc == task.loc && matches!(task.op, TaskOp::Data(_))) {
            Some((_, array)) => format!("{name} of `{array}`"),
            None => name.to_owned(),
        };
        Failure {
            call: batch.call.clone(),
            number: batch.number,
            file: batch.file.clone(),
            loc: task.loc,
            op,
            why,
            block: grid.coords(index).into_iter().map(|c| c as u32).collect(),
            shape: grid.block_shape_at(index).into_iter().map(|n| n as u64).collect(),
            shortage: None,
        }
    }
}

/// The failure of a kernel task whose kernel could not be prepared.
fn blame_kernel(pending: &Pending) -> Option<Arc<Failure>> {
    let why = pending.prepared.broken.as_ref()?;
    let is_kernel = pending.prepared.batch.work.tasks[pending.index].op.kernel().is_some();
    is_kernel.then(|| Arc::new(pending.failure(why.clone())))
}

/// The failure of a block that no task here accounts for.
fn nowhere(node: NodeId, id: Gid, why: &str) -> Failure {
    Failure {
        call: "cluster".to_owned(),
        number: 0,
        file: format!("n{}", node.0),
        loc: nums_ir::diag::Loc::default(),
        op: format!("block g{id}"),
        why: why.to_owned(),
        block: Vec::new(),
        shape: Vec::new(),
        shortage: None,
    }
}

/// The operator's name in a failure.
fn op_name(op: &TaskOp) -> &'static str {
    match op {
        TaskOp::Kernel(_) | TaskOp::Sliced(_) => "kernel",
        TaskOp::Combine(op) => op.name(),
        TaskOp::Matmul { .. } => "matmul",
        TaskOp::Contract(_) => "contract",
        TaskOp::Assemble { .. } => "assemble",
        TaskOp::Reshape(_) => "reshape",
        TaskOp::Fill { .. } => "fill",
        TaskOp::Arange { .. } => "arange",
        TaskOp::Eye { .. } => "eye",
        TaskOp::Const { .. } => "const",
        TaskOp::Solve => "solve",
        TaskOp::Data(task) => task.name(),
    }
}

#[cfg(test)]
mod tests;
