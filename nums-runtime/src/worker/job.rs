//! Jobs: tasks that are handed out to compute threads.
//!
//! A job holds its operands, so it runs without the worker and its lock; what it made comes back as `Finished`. Small ones are taken
//! several at once. A block that nobody will need after the job is moved into it, so that a result may be written there; until the job
//! has ended it counts as before. Which may run is decided in `room.rs`, and who runs them is `compute.rs`'s business.

use super::{Prepared, Worker, op_name, room};
use crate::kernel::{Held, Kernel};
use crate::native::Code;
use crate::trace::What;
use crate::wire::message::{Batch, BatchTask};
use nums_ir::graph::{Arg, TaskOp};
use std::cmp::Reverse;
use std::sync::Arc;

/// Jobs that one thread takes at once.
const HAND: usize = 16;
/// Bytes that a job touches of which a thread takes several at once.
const SMALL: u64 = 4 << 10;

/// A task that can run now.
pub struct Job {
    /// Its number, for `Finished`.
    pub job: usize,
    /// Operands, in order.
    pub args: Vec<Held>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) index: usize,
}

impl Job {
    /// What is done.
    pub fn op(&self) -> &TaskOp {
        &self.prepared.batch.work.tasks[self.index].op
    }

    /// What the trace says of it when it has made so many bytes.
    pub fn event(&self, bytes: u64) -> What {
        let batch = &self.prepared.batch;
        let task = &batch.work.tasks[self.index];
        What::Task { call: batch.call.clone(), number: batch.number, seq: task.seq, op: op_name(&task.op).to_owned(), bytes }
    }

    /// What it is, for the scratch that such tasks take.
    pub(super) fn kind(&self) -> usize {
        room::kind(self.op())
    }

    /// Whether it touches so few bytes that to hand it out and back may cost more than to run it.
    fn is_small(&self) -> bool {
        let batch = &self.prepared.batch;
        let task = &batch.work.tasks[self.index];
        let args = task.args.iter().filter_map(|arg| if let Arg::Block(b) = arg { Some(b.0) } else { None });
        let bytes = |block: u32| batch.blocks[block as usize].bytes;
        args.chain(task.outs.iter().copied()).map(bytes).fold(0, u64::saturating_add) <= SMALL
    }

    /// What it is to run.
    pub fn code(&self) -> Code {
        self.prepared.batch.code
    }

    /// The kernels that `TaskOp::Kernel` means.
    pub fn kernels(&self) -> &[Arc<Kernel>] {
        &self.prepared.kernels
    }
}

/// Whether a task may write a result over an operand of so many bytes (`kernel::run_over`). Room is made for both: who else holds the
/// operand when the task runs is not known before.
fn writes_over(batch: &Batch, task: &BatchTask, bytes: u64) -> bool {
    let can = match task.op {
        TaskOp::Kernel(_) | TaskOp::Combine(_) => true,
        TaskOp::Data(ref task) => task.goes_on(),
        TaskOp::Sliced(_)
        | TaskOp::Matmul { .. }
        | TaskOp::Contract(_)
        | TaskOp::Assemble { .. }
        | TaskOp::Reshape(_)
        | TaskOp::Fill { .. }
        | TaskOp::Arange { .. }
        | TaskOp::Eye { .. }
        | TaskOp::Const { .. }
        | TaskOp::Solve => false,
    };
    can && bytes > batch.code.cache && task.outs.iter().any(|out| batch.blocks[*out as usize].bytes == bytes)
}

impl Worker {
    /// An admitted task as a job. A block of which it is the last user is its own, if a result may go there.
    pub(super) fn hand_out(&mut self, number: usize) -> Job {
        let pending = self.tasks[number].as_ref().expect("an admitted task is pending");
        let (prepared, index) = (Arc::clone(&pending.prepared), pending.index);
        let batch = &prepared.batch;
        let task = &batch.work.tasks[index];
        let mut args = Vec::with_capacity(task.args.len());
        for arg in &task.args {
            args.push(match *arg {
                Arg::Scalar(s) => Held::Scalar(batch.scalars[s as usize]),
                Arg::Block(b) => {
                    let block = &batch.blocks[b.0 as usize];
                    let own = if writes_over(batch, task, block.bytes) { self.store.give(block.id) } else { None };
                    Held::Block(own.unwrap_or_else(|| match self.store.content(block.id) {
                        Some(Ok(block)) => Arc::clone(block),
                        Some(Err(_)) | None => unreachable!("an admitted task has its operands"),
                    }))
                }
            });
        }
        self.running += 1;
        Job { job: self.base + number, args, prepared, index }
    }

    /// A task has written results over operands of its own, which are gone before its results are put here.
    pub(super) fn wrote_over(&mut self, number: usize, operands: &[usize]) {
        let Some(pending) = self.tasks[number].as_ref().filter(|_| !operands.is_empty()) else { return };
        let batch = &pending.prepared.batch;
        for at in operands {
            if let Some(Arg::Block(b)) = batch.work.tasks[pending.index].args.get(*at) {
                self.store.overwritten(batch.blocks[b.0 as usize].id);
            }
        }
    }

    /// Takes the lowest tasks that can run now for one thread: one, or several small ones where the others find enough besides. They
    /// follow one another in the plan: what lies between would use up some of what they make.
    pub fn next_jobs(&mut self, several: bool, jobs: &mut Vec<Job>) {
        while let Some(job) = self.next_job() {
            let goes_on = several && job.is_small();
            let next = self.turn(job.job - self.base).map(|turn| turn + 1);
            jobs.push(job);
            if !goes_on || jobs.len() >= HAND || self.n_ready() < HAND * self.threads || self.next_turn() != next {
                return;
            }
        }
    }

    fn turn(&self, number: usize) -> Option<u64> {
        self.tasks[number].as_ref().map(|pending| pending.turn)
    }

    /// The turn of the task that would be taken next.
    fn next_turn(&self) -> Option<u64> {
        let Reverse((_, _, number)) = self.room.next_admitted().or_else(|| self.ready.peek())?;
        self.turn(*number)
    }
}
