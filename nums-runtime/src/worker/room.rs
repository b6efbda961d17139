//! Room: a node keeps to its budget of memory.
//!
//! A ready task is admitted, lowest call and sequence first, once there is room for all that it pins: operands that are on
//! disk, results, scratch. Then its operands are read and it runs; an admitted task waits for nothing but the disk. Room is
//! made by letting go of blocks that no admitted task pins, the longest unused first: those on disk at once, the others when
//! they are written. A pull is asked for when there is room for its block, and all pulls together leave room for the
//! largest task, unless they are those of the lowest task: so the lowest task of the cluster can always be admitted, and
//! nothing waits in a circle. A block that is read back to be sent may stand above the budget, one at a time. Compute threads
//! wait for none of this: what is not admitted is not handed out.

use super::disk::{DiskDone, DiskJob};
use super::{Action, Job, Pending, Worker};
use crate::block;
use crate::error::{Failure, Shortage};
use crate::pool::Gid;
use crate::store::{Found, Waiting};
use nums_ir::graph::{Arg, TaskOp};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// Admitted tasks that may wait for the disk.
const LOADING: usize = 8;
/// Blocks that may be on their way back for readers outside the node.
const RECALLS: usize = 4;
/// The part of the budget that may be on its way to disk beyond what is needed now.
const AHEAD: u64 = 16;

/// Blocks that are looked at when enough are on their way to disk.
const LOOK: usize = 256;

/// Operands that are compared with each other rather than sorted.
const FEW: usize = 8;

/// What of the budget is taken, and who waits for more.
pub(super) struct Room {
    /// The budget.
    memory: u64,
    /// Bytes that will be blocks: results of admitted tasks, what is read and what is pulled.
    reserved: u64,
    /// The part of it that is pulled.
    pulls: u64,
    /// Bytes that the largest task pins.
    largest: u64,
    /// Bytes on their way to disk.
    writing: u64,
    /// Blocks on their way to disk or back.
    moves: usize,
    /// Admitted tasks that can run.
    runnable: BinaryHeap<Reverse<(u64, u32, usize)>>,
    /// Admitted tasks that wait for the disk.
    loading: usize,
    /// Blocks on disk that somebody outside wants.
    recalls: VecDeque<Gid>,
    /// The ways back of those that are under way.
    recalling: Vec<u64>,
    /// What may leave memory, as it was when somebody last looked.
    victims: VecDeque<Gid>,
    /// The use of a block (`Store::clock`) from which it is worth to look for more to write ahead.
    next_look: u64,
    /// Why nothing more can be spilled.
    full: Option<String>,
    /// The lowest ready task was not admitted, and nothing has changed since.
    denied: bool,
    /// The most bytes of scratch that a task of each kind took.
    scratch: [u64; KINDS],
    jobs: Vec<DiskJob>,
    late: Vec<Action>,
}

impl Room {
    /// The admitted task that runs next.
    pub(super) fn next_admitted(&self) -> Option<&Reverse<(u64, u32, usize)>> {
        self.runnable.peek()
    }
}

impl Default for Room {
    fn default() -> Room {
        Room {
            memory: u64::MAX,
            reserved: 0,
            pulls: 0,
            largest: 0,
            writing: 0,
            moves: 0,
            runnable: BinaryHeap::new(),
            loading: 0,
            recalls: VecDeque::new(),
            recalling: Vec::new(),
            victims: VecDeque::new(),
            next_look: 0,
            full: None,
            denied: false,
            scratch: [0; KINDS],
            jobs: Vec::new(),
            late: Vec::new(),
        }
    }
}

/// What of a batch's blocks a task pins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pinned {
    /// All its operands and results.
    pub(super) all: u64,
    /// Its results.
    outs: u64,
}

/// Kinds of tasks whose scratch is told apart.
const KINDS: usize = 12;

pub(super) fn kind(op: &TaskOp) -> usize {
    match op {
        TaskOp::Kernel(_) | TaskOp::Sliced(_) => 0,
        TaskOp::Combine(_) => 1,
        TaskOp::Matmul { .. } => 2,
        TaskOp::Assemble { .. } => 3,
        TaskOp::Reshape(_) => 4,
        TaskOp::Fill { .. } => 5,
        TaskOp::Arange { .. } => 6,
        TaskOp::Eye { .. } => 7,
        TaskOp::Const { .. } => 8,
        TaskOp::Solve => 9,
        TaskOp::Data(_) => 10,
        TaskOp::Contract(_) => 11,
    }
}

impl Worker {
    /// A worker whose blocks may take so many bytes.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Worker {
        self.room.memory = bytes;
        self
    }

    /// What the disk thread shall do since this was last asked. Ask after every input and every job.
    pub fn disk_jobs(&mut self) -> Vec<DiskJob> {
        std::mem::take(&mut self.room.jobs)
    }

    /// What handing out jobs led to: tasks for which there will never be room.
    pub fn late_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.room.late)
    }

    /// The lowest task that can run now.
    pub fn next_job(&mut self) -> Option<Job> {
        loop {
            if let Some(Reverse((_, _, number))) = self.room.runnable.pop() {
                return Some(self.hand_out(number));
            }
            if self.ready.is_empty() {
                return None;
            }
            if !self.admit() {
                self.room.denied = true;
                return None;
            }
        }
    }

    /// Tasks that may start now.
    pub fn n_ready(&self) -> usize {
        self.room.runnable.len() + if self.room.denied { 0 } else { self.ready.len() }
    }

    /// Whether nothing is reserved, admitted or on its way to disk or back.
    pub fn is_at_rest(&self) -> bool {
        let room = &self.room;
        !self.is_busy() && (room.reserved, room.pulls, room.writing, room.moves, room.recalling.len()) == (0, 0, 0, 0, 0)
    }

    /// Whether blocks stand above the budget and are on their way to disk: who brings more waits for that.
    pub fn is_crowded(&self) -> bool {
        self.room.writing > 0 && self.store.bytes() + self.room.reserved > self.room.memory
    }

    /// Scratch that a job of this kind took beyond its operands and results.
    pub(super) fn took(&mut self, kind: usize, scratch: u64) {
        let most = &mut self.room.scratch[kind];
        *most = (*most).max(scratch);
    }

    /// What a task of the batch pins; the largest counts for the reserve.
    pub(super) fn measure(&mut self, pending: &Pending) -> Pinned {
        let batch = &pending.prepared.batch;
        let task = &batch.work.tasks[pending.index];
        let outs = task.outs.iter().map(|&o| batch.blocks[o as usize].bytes).sum();
        let operand = |arg: &Arg| if let Arg::Block(b) = arg { Some(b.0) } else { None };
        let bytes = |b: u32| batch.blocks[b as usize].bytes;
        let all = if task.args.len() <= FEW {
            let first = |(i, arg): (usize, &Arg)| operand(arg).filter(|_| !task.args[..i].contains(arg));
            task.args.iter().enumerate().filter_map(first).map(bytes).fold(outs, u64::saturating_add)
        } else {
            let mut operands: Vec<u32> = task.args.iter().filter_map(operand).collect();
            operands.sort_unstable();
            operands.dedup();
            operands.into_iter().map(bytes).fold(outs, u64::saturating_add)
        };
        self.room.largest = self.room.largest.max(all);
        Pinned { all, outs }
    }

    /// The failure of a task that no empty memory could hold.
    pub(super) fn too_large(&self, pending: &Pending, pinned: Pinned) -> Option<Arc<Failure>> {
        let fits = pinned.all <= self.room.memory;
        (!fits)
            .then(|| Arc::new(self.shortage(pending, pinned.all, "its operands and results do not fit into a worker's memory")))
    }

    fn shortage(&self, pending: &Pending, need: u64, why: &str) -> Failure {
        Failure { shortage: Some(Shortage { need, limit: self.room.memory }), ..pending.failure(why.to_owned()) }
    }

    /// A new batch: what was tried in vain may be tried again, and without tasks nothing is the largest.
    pub(super) fn begin_batch(&mut self) {
        self.room.full = None;
        if self.free.len() == self.tasks.len() {
            self.room.largest = 0;
        }
    }

    /// A task whose operands are made and, if it was admitted, in memory.
    pub(super) fn enqueue(&mut self, number: usize) {
        let Some(pending) = self.tasks[number].as_ref() else { return };
        let batch = &pending.prepared.batch;
        let entry = Reverse((batch.serial, batch.work.tasks[pending.index].seq, number));
        if pending.reserved.is_some() {
            self.room.loading -= 1;
            self.room.runnable.push(entry);
        } else {
            self.ready.push(entry);
        }
    }

    /// Admits the lowest ready task if there is room.
    fn admit(&mut self) -> bool {
        let Some(&Reverse(entry)) = self.ready.peek() else { return false };
        let number = entry.2;
        if self.room.loading >= LOADING {
            return false;
        }
        let Some(pending) = self.tasks[number].as_ref() else { return false };
        let (pinned, kind) = (pending.pinned, kind(&pending.task().op));
        let (mut away, mut missing, mut coming, mut failed) = (0, 0, Vec::new(), None);
        for id in pending.operands() {
            match self.store.find(id) {
                Found::OnDisk(bytes) => {
                    missing += 1;
                    if !coming.contains(&id) {
                        coming.push(id);
                        away += bytes;
                    }
                }
                Found::Coming => missing += 1,
                Found::Failed(failure) => failed = Some(Arc::clone(failure)),
                Found::Here(_) | Found::Nowhere => {}
            }
            self.store.pin(id);
        }
        if let Some(failure) = failed {
            self.refuse_ready(number, failure);
            return true;
        }
        let scratch = self.room.scratch[kind].min(self.room.memory.saturating_sub(pinned.all));
        let own = pinned.outs.saturating_add(scratch);
        if !self.make_room(own + away) && !self.must_go_on(number, pinned) {
            let pending = self.tasks[number].as_ref();
            pending.into_iter().flat_map(Pending::operands).for_each(|id| self.store.unpin(id));
            return false;
        }
        let Some(pending) = self.tasks[number].as_mut() else {
            // It was refused, and has ended.
            return true;
        };
        pending.reserved = Some(own);
        pending.missing = missing;
        self.room.reserved += own;
        self.ready.pop();
        if missing == 0 {
            self.room.runnable.push(Reverse(entry));
            return true;
        }
        self.room.loading += 1;
        let ids: Vec<Gid> = pending.operands().collect();
        for id in ids {
            match self.store.find(id) {
                Found::OnDisk(_) | Found::Coming => {
                    self.store.await_task(id, number);
                    self.begin_read(id);
                }
                Found::Here(_) | Found::Failed(_) | Found::Nowhere => {}
            }
        }
        true
    }

    /// There is no room for the lowest ready task. True if it is to go on nevertheless: nothing will ever make room, and
    /// either it is refused, or only what it pins itself stands in its way.
    fn must_go_on(&mut self, number: usize, pinned: Pinned) -> bool {
        if !self.is_still() {
            return false;
        }
        let Some(why) = self.room.full.clone() else { return self.room.pulls == 0 };
        let Some(pending) = self.tasks[number].as_ref() else { return true };
        let failure = self.shortage(pending, pinned.all, &format!("no room for its blocks beside what is here: {why}"));
        self.refuse_ready(number, Arc::new(failure));
        true
    }

    /// The lowest ready task, whose operands are pinned, will never run.
    fn refuse_ready(&mut self, number: usize, failure: Arc<Failure>) {
        self.ready.pop();
        let Some(pending) = self.tasks[number].as_mut() else { return };
        // It is pinned like an admitted task, and is let go like one.
        pending.reserved = Some(0);
        let contents = vec![Err(failure); pending.n_outs()];
        let (mut numbers, mut late) = (Vec::new(), std::mem::take(&mut self.room.late));
        self.end(number, contents, &mut numbers, &mut late);
        for number in numbers {
            self.start(number, &mut late);
        }
        self.room.late = late;
    }

    /// Whether nothing that is under way on this node can make room.
    fn is_still(&self) -> bool {
        self.running == 0 && self.room.runnable.is_empty() && self.room.loading == 0 && self.room.moves == 0
    }

    /// Whether so many bytes have room now. If not, blocks are on their way to disk that will make some, if any may go.
    fn make_room(&mut self, bytes: u64) -> bool {
        let memory = self.room.memory;
        let wanted = self.store.bytes().saturating_add(self.room.reserved).saturating_add(bytes);
        let mut over = wanted.saturating_sub(memory);
        if over == 0 {
            if wanted.saturating_add(block::kept()) > memory {
                block::give_back();
            }
            return true;
        }
        block::give_back();
        let mut looked = false;
        let mut dirty = Vec::new();
        let ahead = over + memory / AHEAD;
        let mut coming = self.room.writing;
        let may_look = self.store.clock() >= self.room.next_look;
        while over > 0 || (coming < ahead && may_look && self.room.full.is_none()) {
            let Some(id) = self.room.victims.pop_front() else {
                if looked {
                    // Where so many were looked at in vain, it is worth as many uses to look again.
                    self.room.next_look = self.store.clock() + dirty.len() as u64;
                    break;
                }
                looked = true;
                dirty.clear();
                self.room.victims = self.store.idle().into();
                continue;
            };
            if over > 0 {
                let gone = self.store.evict(id);
                over = over.saturating_sub(gone);
                if gone > 0 {
                    continue;
                }
            }
            if self.room.full.is_none()
                && coming < ahead
                && let Some((token, block)) = self.store.begin_write(id)
            {
                coming += block.nbytes() as u64;
                self.room.writing += block.nbytes() as u64;
                self.room.moves += 1;
                self.room.jobs.push(DiskJob::Write { id, token, block });
            }
            dirty.push(id);
            // What is on its way will make room; to look at all of many blocks again and again would cost more.
            if coming >= ahead && dirty.len() >= LOOK && self.room.full.is_none() {
                break;
            }
        }
        // What could not go now is looked at first the next time.
        dirty.into_iter().rev().for_each(|id| self.room.victims.push_front(id));
        over == 0
    }

    fn begin_read(&mut self, id: Gid) -> Option<u64> {
        let (token, extent) = self.store.begin_read(id)?;
        self.room.reserved += extent.bytes();
        self.room.moves += 1;
        self.room.jobs.push(DiskJob::Read { id, token, extent });
        Some(token)
    }

    /// Whether a pull of so many bytes may be asked for, for the task `first`.
    pub(super) fn has_room_for_pull(&mut self, bytes: u64, first: Option<usize>) -> bool {
        let cap = self.room.memory.saturating_sub(self.room.largest);
        if self.room.pulls.saturating_add(bytes) > cap && !first.is_some_and(|task| self.is_lowest(task)) {
            return false;
        }
        self.make_room(bytes) || (self.is_still() && self.room.pulls == 0 && self.room.full.is_none())
    }

    /// Why a pull will never have room; none if it may.
    pub(super) fn no_room_for_pull(&self, bytes: u64, first: Option<usize>) -> Option<Failure> {
        let why = self.room.full.as_ref().filter(|_| self.is_still() && self.ready.is_empty() && self.room.pulls == 0)?;
        let pending = self.tasks[first?].as_ref()?;
        Some(self.shortage(pending, bytes, &format!("no room for an operand beside what is here: {why}")))
    }

    fn is_lowest(&self, number: usize) -> bool {
        let place = |p: &Pending| (p.prepared.batch.serial, p.prepared.batch.work.tasks[p.index].seq);
        let Some(own) = self.tasks[number].as_ref().map(place) else { return false };
        self.tasks.iter().flatten().all(|p| place(p) >= own)
    }

    /// Why a block of the driver cannot stay: there is no room, and none on disk.
    pub(super) fn no_room_for_put(&self, id: Gid, bytes: u64) -> Option<Failure> {
        let why = self.room.full.as_ref()?;
        let fits = self.store.bytes().saturating_add(self.room.reserved).saturating_add(bytes) <= self.room.memory;
        let shortage = Some(Shortage { need: bytes, limit: self.room.memory });
        (!fits).then(|| Failure { shortage, why: format!("no room for it: {why}"), ..self.nowhere(id) })
    }

    /// Whether tasks run, or can as soon as their operands are read.
    pub(super) fn is_busy(&self) -> bool {
        self.running > 0 || !self.ready.is_empty() || !self.room.runnable.is_empty() || self.room.loading > 0
    }

    /// An admitted task whose operands came from disk will not run.
    pub(super) fn stop_loading(&mut self) {
        self.room.loading -= 1;
    }

    /// A pull was asked for.
    pub(super) fn reserve_pull(&mut self, bytes: u64) {
        self.room.pulls += bytes;
        self.room.reserved += bytes;
    }

    /// It was answered, or never will be.
    pub(super) fn release_pull(&mut self, bytes: u64) {
        self.room.pulls -= bytes;
        self.room.reserved -= bytes;
    }

    /// An admitted task has ended.
    pub(super) fn release_task(&mut self, reserved: u64) {
        self.room.reserved -= reserved;
    }

    /// A new epoch: tasks, pulls and readers are forgotten. What the disk thread has begun goes on.
    pub(super) fn forget_tasks(&mut self, admitted: u64) {
        let room = &mut self.room;
        room.reserved -= admitted + room.pulls;
        room.pulls = 0;
        room.runnable.clear();
        room.loading = 0;
        room.recalls.clear();
        room.victims.clear();
        room.denied = false;
    }

    /// Somebody outside wants a block that is on disk.
    pub(super) fn recall(&mut self, id: Gid) {
        self.room.recalls.push_back(id);
    }

    /// After every input: reads what is wanted outside, lets go of what stands above the budget, frees places on disk.
    pub(super) fn tidy(&mut self) {
        self.room.denied = false;
        while self.room.recalling.len() < RECALLS
            && let Some(&id) = self.room.recalls.front()
        {
            if let Found::OnDisk(bytes) = self.store.find(id) {
                let alone = self.room.recalling.is_empty() && self.room.writing == 0;
                if !self.make_room(bytes) && !alone {
                    break;
                }
                let token = self.begin_read(id);
                self.room.recalling.extend(token);
            }
            self.room.recalls.pop_front();
        }
        if self.store.bytes().saturating_add(self.room.reserved) > self.room.memory {
            self.make_room(0);
        }
        let freed = self.store.take_freed();
        if !freed.is_empty() {
            self.room.full = None;
            self.room.jobs.extend(freed.into_iter().map(DiskJob::Free));
        }
    }

    /// The disk thread has moved a block.
    pub(super) fn on_disk(&mut self, done: DiskDone, actions: &mut Vec<Action>) {
        self.room.moves -= 1;
        match done {
            DiskDone::Written { id, token, bytes, result } => {
                self.room.writing -= bytes;
                match result {
                    Ok(extent) => {
                        self.stats.spilled += bytes;
                        self.store.written(id, token, Some(extent));
                    }
                    Err(why) => {
                        self.room.full = Some(why);
                        self.store.written(id, token, None);
                    }
                }
            }
            DiskDone::Read { id, token, bytes, result } => {
                self.room.reserved -= bytes;
                let content = result.map_err(|why| Arc::new(Failure { why, ..self.nowhere(id) }));
                let waiting = self.store.read_back(id, token, content.clone());
                self.room.recalling.retain(|t| *t != token);
                self.serve(id, &content, waiting, actions);
            }
        }
    }

    /// Hands a block to what waited for it and starts tasks that can start now.
    fn serve(&mut self, id: Gid, content: &crate::store::Content, waiting: Waiting, actions: &mut Vec<Action>) {
        let mut numbers = Vec::new();
        self.distribute(id, content, waiting, &mut numbers, actions);
        for number in numbers {
            self.start(number, actions);
        }
    }
}
