//! Jobs: tasks that are handed out to compute threads.
//!
//! A job holds its operands, so it runs without the worker and its lock; what it made comes back as `Finished`. Small ones are taken
//! several at once. Which may run is decided in `room.rs`, and who runs them is `compute.rs`'s business.

use super::{Prepared, Worker, op_name, room};
use crate::block::Block;
use crate::kernel::Kernel;
use crate::native::Code;
use crate::trace::What;
use nums_ir::func::Scalar;
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
    pub args: Vec<JobArg>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) index: usize,
}

/// An operand of a job.
#[derive(Clone, Debug)]
pub enum JobArg {
    /// A block.
    Block(Arc<Block>),
    /// A scalar of the call.
    Scalar(Scalar),
}

impl Job {
    /// What is done.
    pub fn op(&self) -> &TaskOp {
        &self.prepared.batch.tasks[self.index].op
    }

    /// What the trace says of it when it has made so many bytes.
    pub fn event(&self, bytes: u64) -> What {
        let batch = &self.prepared.batch;
        let task = &batch.tasks[self.index];
        What::Task { call: batch.call.clone(), number: batch.number, seq: task.seq, op: op_name(&task.op).to_owned(), bytes }
    }

    /// What it is, for the scratch that such tasks take.
    pub(super) fn kind(&self) -> usize {
        room::kind(self.op())
    }

    /// Whether it touches so few bytes that to hand it out and back may cost more than to run it.
    fn is_small(&self) -> bool {
        let batch = &self.prepared.batch;
        let task = &batch.tasks[self.index];
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

impl Worker {
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
