//! `Node`: a worker shared by its compute threads and its rim.
//!
//! Compute threads take jobs from the worker, run them without any lock, and hand the results back. What the worker wants
//! said goes to a `Rim`: the driver itself in one process, sockets otherwise. In one process a caller that waits for a result takes
//! jobs too (`help`); no more threads run jobs at once than the node has. A job that panics fails like any other: it is
//! a defect of a kernel, and the user's process must go on. Threads end when the node is closed.

use super::disk::{self, DiskQueue};
use super::{Action, Finished, Input, Job, Worker};
use crate::block::{self, Block};
use crate::kernel::crew::{Lender, with_lender};
use crate::kernel::{self, Held};
use crate::memory::Memory;
use crate::native::with_code;
use crate::pool::SPIN;
use crate::spill::SpillFile;
use crate::trace::{self, What};
use crate::wire::message::ToWorker;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A thread that took longer for each of its last jobs takes one at a time: several in one hand are work that nobody else can do.
const BRIEF: Duration = Duration::from_micros(20);

/// Where the actions of a worker go.
pub trait Rim: Send + Sync {
    /// Does what the worker wants done. Called without the worker's lock.
    fn act(&self, actions: Vec<Action>);
}

/// A worker with its threads.
pub struct Node {
    state: Mutex<State>,
    wake: Condvar,
    disk: DiskQueue,
    /// Whether there was something to do, or the end, when the lock was last given up: what a thread that looks for work
    /// before it sleeps sees without the lock.
    news: AtomicBool,
}

struct State {
    worker: Worker,
    /// Threads that may run jobs at once, and that do.
    threads: usize,
    busy: usize,
    idle: usize,
    /// A thread looks for work before it sleeps; it takes the lock again before it does.
    looking: bool,
    closed: bool,
}

impl Node {
    /// A node around `worker`; no thread runs yet.
    pub fn new(worker: Worker) -> Arc<Node> {
        Arc::new(Node {
            state: Mutex::new(State { worker, threads: 0, busy: 0, idle: 0, looking: false, closed: false }),
            wake: Condvar::new(),
            disk: DiskQueue::default(),
            news: AtomicBool::new(false),
        })
    }

    /// Hands one input to the worker; the actions are the caller's to carry out.
    #[must_use]
    pub fn on(&self, input: Input) -> Vec<Action> {
        self.take_in(input, usize::MAX)
    }

    /// Whether blocks stand above the budget until some are on disk: who brings more should wait.
    pub fn is_crowded(&self) -> bool {
        self.lock().worker.is_crowded()
    }

    /// As `on`, for a message of the driver.
    #[must_use]
    pub fn on_driver(&self, message: ToWorker) -> Vec<Action> {
        self.on(Input::Driver(message))
    }

    /// As `on_driver`, from a thread that is most likely to take a task in a moment (`help`): it wakes one other. Whoever begins a task
    /// wakes the rest.
    #[must_use]
    pub fn on_own_driver(&self, message: ToWorker) -> Vec<Action> {
        self.take_in(Input::Driver(message), 1)
    }

    fn take_in(&self, input: Input, most: usize) -> Vec<Action> {
        let mut state = self.lock();
        let actions = state.worker.on(input);
        self.disk.push(state.worker.disk_jobs());
        self.wake(state, most);
        actions
    }

    /// Starts `n` compute threads, and the one that moves blocks to disk and back.
    pub fn start<R: Rim + 'static>(
        self: &Arc<Node>,
        n: usize,
        rim: &Arc<R>,
        memory: &Memory,
    ) -> std::io::Result<Vec<JoinHandle<()>>> {
        self.lock().threads = n;
        let (node, to, file) = (Arc::clone(self), Arc::clone(rim), SpillFile::new(memory));
        let disk = std::thread::Builder::new().name("nums-disk".into()).spawn(move || node.move_blocks(to.as_ref(), file))?;
        let start = |i| {
            let (node, rim) = (Arc::clone(self), Arc::clone(rim));
            std::thread::Builder::new().name(format!("nums-compute-{i}")).spawn(move || node.compute(rim.as_ref()))
        };
        std::iter::once(Ok(disk)).chain((0..n).map(start)).collect()
    }

    /// Ends the threads after their current job.
    pub fn close(&self) {
        self.lock().closed = true;
        self.news.store(true, Ordering::Release);
        self.wake.notify_all();
        self.disk.close();
    }

    fn move_blocks(&self, rim: &dyn Rim, mut file: SpillFile) {
        let _guard = Guard(rim);
        disk::refuse_file_size_signals();
        while let Some(job) = self.disk.next() {
            let begin = trace::is_on().then(trace::now);
            if let Some(done) = job.run(&mut file) {
                if let Some(begin) = begin {
                    trace::record(begin, done.event());
                }
                rim.act(self.on(Input::Disk(done)));
            }
        }
    }

    /// What one thread does: takes jobs, runs them, and hands back what they made.
    fn compute(self: &Arc<Node>, rim: &dyn Rim) {
        let _guard = Guard(rim);
        let (mut hands, mut looked) = (Hands::default(), false);
        let mut state = self.lock();
        while !state.closed {
            state = self.take(state, &mut hands, rim);
            state = match hands.jobs.is_empty() {
                false => {
                    looked = false;
                    self.work(state, &mut hands, rim)
                }
                // Where all run that may, nothing is found by looking: who stops wakes another.
                true if !looked && !state.looking && state.busy < state.threads => {
                    looked = true;
                    self.look(state)
                }
                true => {
                    looked = false;
                    self.sleep(state)
                }
            };
        }
    }

    /// Whether there may be a job that nobody has taken.
    pub fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire)
    }

    /// Runs jobs on the caller's thread, which waits for what they make: until it has that, or there are none. A processor that the
    /// caller would leave is at work at once, and a call of one task wakes nobody.
    pub fn help(self: &Arc<Node>, rim: &dyn Rim, mut until: impl FnMut() -> bool) {
        let _guard = Guard(rim);
        let mut hands = Hands::default();
        while !until() {
            let state = self.lock();
            if state.closed {
                return;
            }
            let state = self.take(state, &mut hands, rim);
            if hands.jobs.is_empty() {
                self.news.store(false, Ordering::Release);
                return;
            }
            drop(self.work(state, &mut hands, rim));
        }
        // What it would have taken next is another's.
        self.wake_all(self.lock());
    }

    /// Takes jobs if there are some and another thread may run.
    fn take<'a>(&'a self, mut state: MutexGuard<'a, State>, hands: &mut Hands, rim: &dyn Rim) -> MutexGuard<'a, State> {
        while state.busy < state.threads {
            state.worker.next_jobs(hands.several, &mut hands.jobs);
            self.disk.push(state.worker.disk_jobs());
            let late = state.worker.late_actions();
            let again = !late.is_empty() && hands.jobs.is_empty();
            state.busy += usize::from(!hands.jobs.is_empty());
            if !late.is_empty() {
                drop(state);
                rim.act(late);
                state = self.lock();
            }
            if !again {
                break;
            }
        }
        state
    }

    /// Runs what was taken, without the lock, and hands back what it made.
    fn work<'a>(self: &'a Arc<Node>, state: MutexGuard<'a, State>, hands: &mut Hands, rim: &dyn Rim) -> MutexGuard<'a, State> {
        self.wake_all(state);
        let begin = Instant::now();
        let mut now = begin;
        let lender: Arc<dyn Lender> = Arc::clone(self) as _;
        with_lender(lender, || hands.ended.extend(hands.jobs.iter_mut().map(|job| (job.kind(), run(job, &mut now)))));
        hands.several = now - begin < BRIEF * hands.jobs.len() as u32;
        hands.jobs.clear();
        let mut state = self.lock();
        let mut actions = Vec::new();
        for (kind, (finished, scratch)) in hands.ended.drain(..) {
            state.worker.took(kind, scratch);
            actions.append(&mut state.worker.on(Input::Finished(finished)));
        }
        self.disk.push(state.worker.disk_jobs());
        if !actions.is_empty() {
            self.wake_all(state);
            rim.act(actions);
            state = self.lock();
        }
        // Not before: another thread would be woken for the next task, which is this one's in a moment.
        state.busy -= 1;
        state
    }

    /// Waits to be woken, unless the node was closed since the caller looked: `take` gives the lock up on the way, and nobody is
    /// woken twice for the end.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.closed {
            return state;
        }
        let begin = trace::is_on().then(trace::now);
        state.idle += 1;
        let mut state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.idle -= 1;
        if let Some(begin) = begin {
            trace::record(begin, What::Idle);
        }
        state
    }

    /// Looks for news for a while without the lock: a task that comes soon starts without the cost of waking a thread. Who has
    /// work, such as the thread that receives the next block, goes first.
    fn look<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.looking = true;
        self.news.store(false, Ordering::Release);
        drop(state);
        let end = Instant::now() + SPIN;
        while !self.news.load(Ordering::Acquire) && Instant::now() < end {
            std::thread::yield_now();
        }
        let mut state = self.lock();
        state.looking = false;
        state
    }

    /// Wakes sleeping threads if there is more to do than the caller, or the thread that looks for work, will: at most so many. They are
    /// woken when the lock is free, as the first thing they want is that.
    fn wake(&self, state: MutexGuard<'_, State>, most: usize) {
        let ready = state.worker.n_ready();
        if ready > 0 {
            self.news.store(true, Ordering::Release);
        }
        let free = state.threads - state.busy;
        let wanted = state.idle.min(free).min(ready.saturating_sub(usize::from(state.looking))).min(most);
        drop(state);
        for _ in 0..wanted {
            self.wake.notify_one();
        }
    }

    fn wake_all(&self, state: MutexGuard<'_, State>) {
        self.wake(state, usize::MAX);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A large task gets the threads that would sleep while it runs. They count as busy, so no more run at once than the node has.
impl Lender for Node {
    fn lend(&self, most: usize) -> usize {
        let mut state = self.lock();
        let lent = (state.threads - state.busy).saturating_sub(state.worker.n_ready()).min(most);
        state.busy += lent;
        lent
    }

    fn take_back(&self, n: usize) {
        let mut state = self.lock();
        state.busy -= n;
        self.wake_all(state);
    }
}

/// What one thread has taken and done.
#[derive(Default)]
struct Hands {
    jobs: Vec<Job>,
    ended: Vec<(usize, (Finished, u64))>,
    /// The last jobs were so small that it takes several at once.
    several: bool,
}

/// Ends the node if a compute thread panics outside a job: what it had taken would never end.
struct Guard<'a>(&'a dyn Rim);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.act(vec![Action::Stop]);
        }
    }
}

/// Runs one job, from `now` to `now`; also the most bytes that it took beyond its operands and results.
fn run(job: &mut Job, now: &mut Instant) -> (Finished, u64) {
    let trace = trace::is_on().then(trace::now);
    let mut args = std::mem::take(&mut job.args);
    block::mark();
    let body = || with_code(job.code(), || kernel::run_over(job.op(), job.kernels(), &mut args));
    let result = catch_unwind(AssertUnwindSafe(body));
    let begin = std::mem::replace(now, Instant::now());
    let micros = u32::try_from((*now - begin).as_micros()).unwrap_or(u32::MAX);
    let result: Result<Vec<Arc<Block>>, String> = match result {
        Ok(Ok(blocks)) => Ok(blocks.into_iter().map(Arc::new).collect()),
        Ok(Err(e)) => Err(e.to_string()),
        Err(panic) => Err(format!("a defect of nums: {}", panic_text(panic.as_ref()))),
    };
    if let Some(begin) = trace {
        trace::record(begin, job.event(result.iter().flatten().map(|b| b.bytes().len() as u64).sum()));
    }
    let native = job.op().kernel().and_then(|k| job.kernels()[k as usize].is_native());
    let made = result.iter().flatten().map(|b| b.nbytes() as u64).sum();
    let scratch = block::most().saturating_sub(made);
    let count = |kind| u64::from(native == Some(kind));
    let taken = |(_, arg): &(usize, &Held)| matches!(arg, Held::Block(block) if block.is_empty());
    let over = args.iter().enumerate().filter(taken).map(|(at, _)| at).collect();
    (Finished { job: job.job, result, native: count(true), interpreted: count(false), micros, over }, scratch)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a kernel panicked")
}

#[cfg(test)]
mod tests {
    use super::Node;
    use crate::worker::Worker;
    use nums_ir::graph::NodeId;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn nobody_sleeps_after_the_end() {
        let node = Node::new(Worker::new(NodeId(0), 50));
        let (tell, told) = mpsc::channel();
        node.close();
        std::thread::spawn(move || {
            drop(node.sleep(node.lock()));
            tell.send(())
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(()), "the end was missed");
    }
}
