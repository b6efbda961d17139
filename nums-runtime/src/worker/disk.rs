//! The disk thread of a node: writes cold blocks to the spill file and reads them back.
//!
//! The worker says what to move (`DiskJob`) and hears what became of it (`DiskDone`); neither its lock nor a compute thread
//! waits for the disk. What is to be read goes first, since a task waits for it; places are freed with the writes, so that no
//! place is freed before it was read.
#![allow(unsafe_code)]

use crate::block::Block;
use crate::pool::Gid;
use crate::spill::{Extent, SpillFile};
use crate::trace::What;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// What is to be moved.
#[derive(Clone, Debug)]
pub enum DiskJob {
    /// A block to disk.
    Write {
        /// Which.
        id: Gid,
        /// Comes back with the answer.
        token: u64,
        /// Its elements.
        block: Arc<Block>,
    },
    /// A block from disk.
    Read {
        /// Which.
        id: Gid,
        /// Comes back with the answer.
        token: u64,
        /// Where it lies.
        extent: Arc<Extent>,
    },
    /// A place is no longer needed.
    Free(Arc<Extent>),
}

/// What became of it.
#[derive(Debug)]
pub enum DiskDone {
    /// A block was written, or why not.
    Written {
        /// Which.
        id: Gid,
        /// As in the job.
        token: u64,
        /// Bytes of the block.
        bytes: u64,
        /// Where it lies.
        result: Result<Arc<Extent>, String>,
    },
    /// A block was read, or why not.
    Read {
        /// Which.
        id: Gid,
        /// As in the job.
        token: u64,
        /// Bytes of the block.
        bytes: u64,
        /// Its elements.
        result: Result<Arc<Block>, String>,
    },
}

impl DiskDone {
    /// What the trace says of it.
    pub(super) fn event(&self) -> What {
        let (block, write, bytes) = match self {
            DiskDone::Written { id, bytes, .. } => (*id, true, *bytes),
            DiskDone::Read { id, bytes, .. } => (*id, false, *bytes),
        };
        What::Disk { block, write, bytes }
    }
}

impl DiskJob {
    /// Does it; freeing has no answer.
    pub fn run(self, file: &mut SpillFile) -> Option<DiskDone> {
        match self {
            DiskJob::Write { id, token, block } => {
                let bytes = block.nbytes() as u64;
                Some(DiskDone::Written { id, token, bytes, result: file.write(&block).map(Arc::new) })
            }
            DiskJob::Read { id, token, extent } => {
                let bytes = extent.bytes();
                Some(DiskDone::Read { id, token, bytes, result: file.read(&extent).map(Arc::new) })
            }
            DiskJob::Free(extent) => {
                file.free(&extent);
                None
            }
        }
    }
}

/// What the disk thread has to do.
#[derive(Default)]
pub(super) struct DiskQueue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    reads: VecDeque<DiskJob>,
    writes: VecDeque<DiskJob>,
    closed: bool,
}

impl DiskQueue {
    pub(super) fn push(&self, jobs: Vec<DiskJob>) {
        if jobs.is_empty() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for job in jobs {
            match job {
                DiskJob::Read { .. } => state.reads.push_back(job),
                DiskJob::Write { .. } | DiskJob::Free(_) => state.writes.push_back(job),
            }
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The next job; none once the queue is closed.
    pub(super) fn next(&self) -> Option<DiskJob> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.reads.pop_front() {
                return Some(job);
            }
            if let Some(job) = state.writes.pop_front() {
                return Some(job);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.wake.notify_all();
    }
}

/// Lets a file that would grow beyond `ulimit -f` be an error of this thread's writes, not the end of the process.
pub(super) fn refuse_file_size_signals() {
    #[cfg(target_os = "linux")]
    // SAFETY: `set` is initialised by `sigemptyset` before it is used; blocking a signal of this thread touches nothing else.
    unsafe {
        let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}
