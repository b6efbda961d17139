//! `Crew`: how a large task is shared among threads of its node that have nothing to do.
//!
//! A block is one task, so an array of one block is one thread's work, and a product of two of 8 MiB takes longer than a call may.
//! A kernel that finds its parts independent of each other hands them to `each`: the node lends as many threads as may
//! run and do not (`Lender`), and the caller computes its share. Threads are new ones that end with the parts, so that nothing
//! outlives the operands and no thread is ever waited for that has another task; starting one costs 30 to 60 µs, which is why parts
//! below `WORTH` are not shared. Which thread computes a part decides no bit.

use crate::native::{code, with_code};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// Flops of a part that is worth a thread: a millisecond.
const WORTH: usize = 1 << 26;

/// Who has threads to lend.
pub(crate) trait Lender {
    /// Threads that may run until they are given back, `most` at the most.
    fn lend(&self, most: usize) -> usize;

    /// As many threads are free again.
    fn take_back(&self, n: usize);
}

thread_local! {
    static LENDER: RefCell<Option<Arc<dyn Lender>>> = const { RefCell::new(None) };
}

/// Runs `f` on this thread with threads from `lender`.
pub(crate) fn with_lender<R>(lender: Arc<dyn Lender>, f: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `f` panics.
    struct Before(Option<Arc<dyn Lender>>);
    impl Drop for Before {
        fn drop(&mut self) {
            LENDER.set(self.0.take());
        }
    }
    let _before = Before(LENDER.replace(Some(lender)));
    f()
}

/// Threads that were lent for a task.
pub(super) struct Crew {
    lender: Option<Arc<dyn Lender>>,
    lent: usize,
}

impl Crew {
    /// For a task of so many flops, which falls into `most` parts at the most.
    pub(super) fn of(flops: usize, most: usize) -> Crew {
        let wanted = (flops / WORTH).min(most).saturating_sub(1);
        let lender = if wanted == 0 { None } else { LENDER.with_borrow(Clone::clone) };
        let lent = lender.as_ref().map_or(0, |lender| lender.lend(wanted));
        Crew { lender, lent }
    }

    /// So many threads, whoever else may run.
    #[cfg(test)]
    pub(super) fn of_threads(n: usize) -> Crew {
        Crew { lender: None, lent: n - 1 }
    }

    /// Threads that compute, with the one that asks.
    pub(super) fn size(&self) -> usize {
        self.lent + 1
    }

    /// Runs `f` on every part. Whoever is free takes the next one, so a thread that the system does not start costs time alone.
    pub(super) fn each<P: Send>(self, parts: Vec<P>, f: impl Fn(P) + Sync) {
        let (code, parts) = (code(), Mutex::new(parts.into_iter()));
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || std::iter::from_fn(next).for_each(&f);
        std::thread::scope(|scope| {
            for _ in 0..self.lent {
                let thread = std::thread::Builder::new().name("nums-crew".into());
                drop(thread.spawn_scoped(scope, || with_code(code, work)));
            }
            work();
        });
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        if let Some(lender) = &self.lender {
            lender.take_back(self.lent);
        }
    }
}
