//! `Cluster`: what a user starts, enters and finishes, and which cluster an operation runs on.
//!
//! An operation runs on its operands' cluster; else on the one that this thread has entered; else on the only living one of
//! the process; else the default of `NUMS_CLUSTER` starts. Anything ambiguous is an error. The work is the `pool`'s.

mod listen;

use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::metrics::{self, Responder};
use crate::native::Code;
use crate::place::{ClusterSpec, Order};
use crate::pool::{Pool, Stats};
use listen::Listening;
use nums_ir::graph::NodeId;
use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// Nodes that hold blocks and run tasks: threads of this process, or worker processes. A cheap handle; the cluster lives until
/// the last handle and the last array of it are gone.
///
/// ```
/// use nums_runtime::cluster::Cluster;
/// let cluster = Cluster::threads(2)?;
/// assert_eq!(cluster.spec().nodes.len(), 1);
/// cluster.finish()?;
/// # Ok::<(), nums_runtime::error::Error>(())
/// ```
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    pool: Pool,
    name: String,
    calls: AtomicU64,
    metrics: OnceLock<Responder>,
}

/// Clusters of this process.
static LIVING: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());
/// The cluster that started because none was there.
static DEFAULT: Mutex<Option<Cluster>> = Mutex::new(None);

thread_local! {
    static ENTERED: RefCell<Vec<Cluster>> = const { RefCell::new(Vec::new()) };
}

/// The variable that names the default cluster.
const VARIABLE: &str = "NUMS_CLUSTER";
const EXPECTED: &str = "`threads`, `threads:n` or `local:n` with n at least 1, or `tcp://host:port`";

impl Cluster {
    /// One node: `n` threads of this process.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn threads(n: usize) -> Result<Cluster> {
        crate::hook::leave_if_worker();
        Ok(Cluster::of(Pool::threads(n.max(1))?, format!("threads:{}", n.max(1))))
    }

    /// `n` worker processes on this machine, each a node with max(1, cores / n) threads (`NUMS_THREADS` changes that).
    ///
    /// # Errors
    /// `Error::NoWorkerEntry` if the executable cannot serve as a worker; `Error::Setting` for a bad `NUMS_THREADS`.
    pub fn local(n: usize) -> Result<Cluster> {
        crate::hook::leave_if_worker();
        let n = n.max(1);
        Ok(Cluster::of(Pool::local(n, threads_each(n)?)?, format!("local:{n}")))
    }

    /// The cluster that `NUMS_CLUSTER` names: `threads[:n]` (the default, with all cores), `local:n`, or `tcp://host:port`,
    /// which is `Cluster::listen` there.
    ///
    /// # Errors
    /// `Error::Setting` for another value; as the function that the value stands for.
    pub fn from_env() -> Result<Cluster> {
        crate::hook::leave_if_worker();
        let value = std::env::var(VARIABLE).unwrap_or_else(|_| "threads".into());
        let cluster = match value.split_once(':') {
            None if value == "threads" => Cluster::threads(cores()),
            Some(("threads", n)) => Cluster::threads(positive(VARIABLE, &value, n)?),
            Some(("local", n)) => Cluster::local(positive(VARIABLE, &value, n)?),
            Some(("tcp", rest)) if rest.starts_with("//") => Cluster::listen(rest.trim_start_matches('/')),
            None | Some(_) => Err(Error::Setting { name: VARIABLE.into(), value, expected: EXPECTED }),
        }?;
        match std::env::var(metrics::VARIABLE) {
            Ok(address) => cluster.with_metrics(&address),
            Err(_) => Ok(cluster),
        }
    }

    /// A cluster described step by step.
    ///
    /// ```
    /// use nums_runtime::cluster::Cluster;
    /// let cluster = Cluster::builder().threads(2).start()?;
    /// assert_eq!(cluster.spec().nodes[0].threads, 2);
    /// # Ok::<(), nums_runtime::error::Error>(())
    /// ```
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder {
            workers: 0,
            threads: None,
            memory: None,
            spill: None,
            quota: None,
            order: Order::default(),
            policy: None,
            listening: Listening::default(),
            metrics: None,
            isa: None,
            cache: None,
            interpreted: false,
            copies: true,
        }
    }

    /// A driver that workers of other machines join: it listens at `address` (`host:port`) until `NUMS_WORKERS` workers (1 if
    /// that is not set) have come who know the token in the file that `NUMS_TOKEN_FILE` names. They are started by hand, or by
    /// a scheduler, with `nums-worker --join host:port --token-file FILE`. Workers that come later take part from the next call on. See `docs/remote.md`; `ClusterBuilder::listen` sets
    /// all this without the environment.
    ///
    /// ```
    /// use nums_runtime::{cluster::Cluster, error::Error};
    /// # let file = std::env::temp_dir().join(format!("nums-doc-{}", std::process::id()));
    /// # std::fs::write(&file, "a token of this example").unwrap();
    /// // Nobody comes within no time at all.
    /// let driver = Cluster::builder().listen("127.0.0.1:0").token_file(&file).workers(2).join_within(std::time::Duration::ZERO);
    /// assert!(matches!(driver.start(), Err(Error::Join { joined: 0, wanted: 2, .. })));
    /// # std::fs::remove_file(&file).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Error::Listen` where the port is in use; `Error::Join` if they do not come within `NUMS_JOIN_SECONDS` (600);
    /// `Error::Plaintext` for an address beyond this machine; `Error::Setting` and `Error::Io` about the token.
    pub fn listen(address: &str) -> Result<Cluster> {
        Cluster::builder().listen(address).start()
    }

    fn of(pool: Pool, name: String) -> Cluster {
        let cluster = Cluster(Arc::new(Inner { pool, name, calls: AtomicU64::new(0), metrics: OnceLock::new() }));
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        living.retain(|c| c.strong_count() > 0);
        living.push(Arc::downgrade(&cluster.0));
        cluster
    }

    /// Answers at `address` with what the nodes did so far.
    fn with_metrics(self, address: &str) -> Result<Cluster> {
        metrics::allow(address)?;
        let inner = Arc::downgrade(&self.0);
        let text = move || inner.upgrade().map_or_else(String::new, |i| Cluster(i).metrics_text());
        let responder = metrics::respond(address, text)?;
        // A cluster is started once.
        drop(self.0.metrics.set(responder));
        Ok(self)
    }

    /// What every node did so far, as text for Prometheus.
    pub fn metrics_text(&self) -> String {
        metrics::text(&self.0.name, self.0.calls.load(Ordering::Relaxed), &self.0.pool.stats().nodes)
    }

    /// Where the cluster answers Prometheus, if it does.
    pub fn metrics_address(&self) -> Option<std::net::SocketAddr> {
        self.0.metrics.get().map(Responder::address)
    }

    /// Makes this the cluster of operations without operands on this thread, while the guard lives.
    #[must_use = "the cluster is entered while the guard lives"]
    pub fn enter(&self) -> Entered {
        ENTERED.with_borrow_mut(|stack| stack.push(self.clone()));
        Entered { cluster: self.clone(), not_send: std::marker::PhantomData }
    }

    /// The cluster of an operation without operands.
    pub(crate) fn current() -> Result<Cluster> {
        if let Some(entered) = ENTERED.with_borrow(|stack| stack.last().cloned()) {
            return Ok(entered);
        }
        let living: Vec<Cluster> = {
            let all = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).map(Cluster).collect()
        };
        match living.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                let mut default = DEFAULT.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(cluster) = &*default {
                    return Ok(cluster.clone());
                }
                let cluster = Cluster::from_env()?;
                *default = Some(cluster.clone());
                Ok(cluster)
            }
            several => {
                let names: Vec<&str> = several.iter().map(|c| c.0.name.as_str()).collect();
                let why = format!("{} are alive ({}) and none is entered on this thread", several.len(), names.join(", "));
                Err(Error::Clusters { why })
            }
        }
    }

    /// What planning knows of the cluster.
    pub fn spec(&self) -> ClusterSpec {
        self.0.pool.spec()
    }

    /// What every node did so far.
    ///
    /// # Errors
    /// A node is lost.
    pub fn status(&self) -> Result<Status> {
        Ok(Status { cluster: self.0.name.clone(), calls: self.0.calls.load(Ordering::Relaxed), stats: self.0.pool.stats() })
    }

    /// Waits until everything submitted is done, and closes the cluster.
    ///
    /// # Errors
    /// The first failure that nobody has read.
    pub fn finish(&self) -> Result<()> {
        crate::report::wait();
        self.0.pool.finish()
    }

    /// Ends the connection by which node `a` pulls from node `b`, as if the network had: to try what follows.
    #[doc(hidden)]
    pub fn sever(&self, a: u32, b: u32) {
        self.0.pool.sever(NodeId(a), NodeId(b));
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// The number of the next call, from 1.
    pub(crate) fn next_call(&self) -> u64 {
        self.0.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// What a cluster shall be; `start` makes it.
#[derive(Clone, Debug)]
#[must_use = "nothing starts before `start`"]
pub struct ClusterBuilder {
    workers: usize,
    threads: Option<usize>,
    memory: Option<u64>,
    spill: Option<PathBuf>,
    quota: Option<u64>,
    order: Order,
    policy: Option<String>,
    listening: Listening,
    metrics: Option<String>,
    isa: Option<String>,
    cache: Option<u64>,
    interpreted: bool,
    copies: bool,
}

impl ClusterBuilder {
    /// Worker processes on this machine, each a node; 0 (the default) is threads of this process. With `listen`: workers that
    /// are waited for.
    pub fn workers(mut self, workers: usize) -> ClusterBuilder {
        self.workers = workers;
        self
    }

    /// Compute threads of each node; by default the cores, shared among the nodes.
    pub fn threads(mut self, threads: usize) -> ClusterBuilder {
        self.threads = Some(threads.max(1));
        self
    }

    /// Bytes that the blocks of each node may take in memory; by default `NUMS_MEMORY`, or 80 % of what the control group of
    /// this process or the machine allows, shared among the nodes. What does not fit is kept on disk.
    pub fn memory(mut self, bytes: u64) -> ClusterBuilder {
        self.memory = Some(bytes);
        self
    }

    /// The folder for blocks that do not fit into memory; by default `NUMS_SPILL`, or the system's folder for temporary
    /// files. Each node has one file there, without a name.
    pub fn spill(mut self, folder: impl Into<PathBuf>) -> ClusterBuilder {
        self.spill = Some(folder.into());
        self
    }

    /// Bytes that each node may keep on disk; by default what the disk has room for.
    pub fn spill_quota(mut self, bytes: u64) -> ClusterBuilder {
        self.quota = Some(bytes);
        self
    }

    /// How partial results of reductions are joined; by default so that the bits do not depend on the cluster.
    pub fn order(mut self, order: Order) -> ClusterBuilder {
        self.order = order;
        self
    }

    /// The policy that places tasks, to compare; by default the best of all.
    pub fn policy(mut self, name: &str) -> ClusterBuilder {
        self.policy = Some(name.to_owned());
        self
    }

    /// Waits for workers at `host:port` instead of starting any; port 0 is any that is free.
    pub fn listen(mut self, address: &str) -> ClusterBuilder {
        self.listening.address = Some(address.to_owned());
        self
    }

    /// The file with the token that joining workers must have; by default the one that `NUMS_TOKEN_FILE` names.
    pub fn token_file(mut self, path: impl Into<std::path::PathBuf>) -> ClusterBuilder {
        self.listening.token_file = Some(path.into());
        self
    }

    /// How long joining workers are waited for; by default `NUMS_JOIN_SECONDS`, or ten minutes.
    pub fn join_within(mut self, time: std::time::Duration) -> ClusterBuilder {
        self.listening.within = Some(time);
        self
    }

    /// Answers `GET /metrics` of Prometheus at `host:port`, on this machine only unless `NUMS_INSECURE_PLAINTEXT=1`. Clusters of
    /// `from_env` do that where `NUMS_METRICS` names an address.
    ///
    /// ```
    /// use nums_runtime::cluster::Cluster;
    /// let cluster = Cluster::builder().threads(1).metrics("127.0.0.1:0").start()?;
    /// assert!(cluster.metrics_address().is_some());
    /// assert!(cluster.metrics_text().contains("nums_tasks_total"));
    /// # Ok::<(), nums_runtime::error::Error>(())
    /// ```
    pub fn metrics(mut self, address: &str) -> ClusterBuilder {
        self.metrics = Some(address.to_owned());
        self
    }

    /// The instructions of its loops, as in `NUMS_ISA`: `baseline`, `avx2` or `avx512`; by default the best of every machine.
    /// Answers differ between `baseline` and the others only, in products.
    pub fn isa(mut self, name: &str) -> ClusterBuilder {
        self.isa = Some(name.to_owned());
        self
    }

    /// Bytes of second-level cache for which tiles are made, as in `NUMS_CACHE`; by default what this machine has. Plans show the
    /// tiles; no bit of an answer depends on them.
    pub fn cache(mut self, bytes: u64) -> ClusterBuilder {
        self.cache = Some(bytes);
        self
    }

    /// Runs element-wise groups one operator at a time instead of as native code: the same bits, to test and to compare.
    pub fn interpreted(mut self) -> ClusterBuilder {
        self.interpreted = true;
        self
    }

    /// Whether this process keeps a copy of what it puts on the workers (`from_ndarray`, `from_vec`), which is needed if a worker
    /// is lost; by default yes. Arrays that were read from files are read again instead.
    pub fn keep_inputs(mut self, keep: bool) -> ClusterBuilder {
        self.copies = keep;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// `Error::Setting` for instructions that the machine does not have, else as `Cluster::threads`, `Cluster::local` and
    /// `Cluster::listen`; a policy of another name is an error of the first call.
    pub fn start(self) -> Result<Cluster> {
        crate::hook::leave_if_worker();
        let mut memory = Memory::from_env(self.workers)?;
        memory.bytes = self.memory.unwrap_or(memory.bytes);
        memory.spill = self.spill.unwrap_or(memory.spill);
        memory.quota = self.quota;
        if memory.bytes == 0 {
            let expected = "at least 1 byte";
            return Err(Error::Setting { name: "memory of a cluster".into(), value: "0".into(), expected });
        }
        let asked = Code::from_env()?;
        let isa = self.isa.as_deref().map_or(Ok(asked), Code::named)?.isa;
        let code = Code { isa, native: !self.interpreted, cache: self.cache.unwrap_or(asked.cache) };
        let (mut pool, name) = match (self.listening.address.clone(), self.workers) {
            (Some(address), workers) => self.listening.clone().start(&address, workers)?,
            (None, 0) => {
                let n = self.threads.unwrap_or_else(cores);
                (Pool::threads_with(n, &memory)?, format!("threads:{n}"))
            }
            (None, n) => {
                let threads = self.threads.map_or_else(|| threads_each(n), Ok)?;
                (Pool::local_with(n, threads, memory)?, format!("local:{n}"))
            }
        };
        pool.plan_by(self.order, self.policy);
        pool.use_code(code);
        pool.keep_copies(self.copies);
        let cluster = Cluster::of(pool, name);
        match self.metrics {
            Some(address) => cluster.with_metrics(&address),
            None => Ok(cluster),
        }
    }
}

impl PartialEq for Cluster {
    /// Whether two handles are of one cluster.
    fn eq(&self, other: &Cluster) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({})", self.0.name)
    }
}

/// Threads of each of `n` workers.
pub(crate) fn threads_each(n: usize) -> Result<usize> {
    match std::env::var("NUMS_THREADS") {
        Ok(value) => positive("NUMS_THREADS", &value, &value),
        Err(_) => Ok((cores() / n).max(1)),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn positive(name: &str, value: &str, n: &str) -> Result<usize> {
    match n.parse() {
        Ok(n) if (1..=4096).contains(&n) => Ok(n),
        Ok(_) | Err(_) => Err(Error::Setting { name: name.into(), value: value.into(), expected: EXPECTED }),
    }
}

/// The guard of `Cluster::enter`.
pub struct Entered {
    cluster: Cluster,
    /// A thread enters and leaves by itself.
    not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Entered { cluster, not_send: _ } = self;
        ENTERED.with_borrow_mut(|stack| {
            if let Some(at) = stack.iter().rposition(|c| c == cluster) {
                stack.remove(at);
            }
        });
    }
}

/// What a cluster did so far, by node. `Display` is a table.
#[derive(Clone, Debug)]
pub struct Status {
    cluster: String,
    calls: u64,
    stats: Stats,
}

impl Status {
    /// The process of each node, by node.
    pub fn pids(&self) -> Vec<u32> {
        self.stats.nodes.iter().map(|n| n.pid).collect()
    }

    /// Tasks that ran, by node.
    pub fn tasks(&self) -> Vec<u64> {
        self.stats.nodes.iter().map(|n| n.tasks).collect()
    }

    /// Bytes of blocks that nodes got from each other for their tasks: what `Plan::bytes_moved` counts.
    pub fn moved_bytes(&self) -> u64 {
        self.stats.nodes.iter().map(|n| n.pulled).sum()
    }

    /// Bytes of blocks that nodes got from each other, counted where they arrive and whatever they came over.
    pub fn net_bytes(&self) -> u64 {
        self.moved_bytes()
    }

    /// Bytes that came in over sockets: all messages with their frames, from the driver too, to all nodes together.
    pub fn socket_bytes(&self) -> u64 {
        self.stats.nodes.iter().map(|n| n.net_in).sum()
    }

    /// The most bytes of blocks that any node held at once.
    pub fn peak_bytes(&self) -> u64 {
        self.stats.nodes.iter().map(|n| n.peak).max().unwrap_or(0)
    }

    /// Bytes of the largest block that ever was on a node.
    pub fn largest_block(&self) -> u64 {
        self.stats.nodes.iter().map(|n| n.largest).max().unwrap_or(0)
    }

    /// Bytes of blocks that were written to disk for want of memory, by all nodes together.
    pub fn spilled_bytes(&self) -> u64 {
        self.stats.nodes.iter().map(|n| n.spilled).sum()
    }

    /// Element-wise groups that ran as native code, and that were interpreted.
    pub fn groups(&self) -> (u64, u64) {
        self.stats.nodes.iter().fold((0, 0), |(n, i), node| (n + node.native, i + node.interpreted))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} calls", self.cluster, self.calls)?;
        write!(f, "node  process  tasks   native  interpreted  bytes held  most held  in from net  out to net")?;
        for (i, n) in self.stats.nodes.iter().enumerate() {
            write!(
                f,
                "\nn{i:<4} {:>7}  {:>6}  {:>6}  {:>11}  {:>10}  {:>9}  {:>11}  {:>10}",
                n.pid, n.tasks, n.native, n.interpreted, n.resident, n.peak, n.net_in, n.net_out
            )?;
        }
        Ok(())
    }
}
