//! What driver and workers say to each other.
//!
//! `ToWorker` and `ToDriver` run on the connection between driver and worker, `ToOwner` and `FromOwner` on the connection that
//! one worker opens to another to pull blocks. A `Batch` holds all tasks of one call for one node. Blocks stand in the last
//! variant of a message and travel as raw bytes (`Carries`); everything else is serde's. What comes from a wire is checked
//! by `Batch::check` before a worker looks at it. Kernels travel as IR text and are parsed and verified on arrival.

use crate::block::Block;
use crate::error::Failure;
use crate::native::{Code, Isa};
use crate::pool::{Gid, NodeStats};
use crate::trace::Event;
use crate::wire::shared::{Loan, Mark};
use nums_ir::diag::Loc;
use nums_ir::func::{Func, Scalar};
use nums_ir::graph::{Arg, NodeId, TaskOp};
use nums_ir::grid::Grid;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;

/// Number of a membership epoch. It rises when a node is lost or joins; messages between nodes, and reports to the driver, carry
/// it, and those of another epoch are ignored.
pub type Epoch = u32;

/// All tasks of one call for one node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// Order of the call on its cluster; lower is started first.
    pub serial: u64,
    /// The function's name, for failures.
    pub call: String,
    /// Number of the call as the user counts.
    pub number: u64,
    /// Source file of the call.
    pub file: String,
    /// What its tasks run.
    pub code: Code,
    /// Kernels that `TaskOp::Kernel` means, by index.
    pub kernels: Vec<u32>,
    /// Bodies of kernels that the node has not seen.
    pub define: Vec<(u32, Body)>,
    /// Forget all kernels of earlier messages first.
    pub forget: bool,
    /// Plain scalars of the call.
    pub scalars: Vec<Scalar>,
    /// Blocks that concern the node.
    pub blocks: Vec<BatchBlock>,
    /// What it shall do.
    #[serde(with = "part")]
    pub work: Arc<Work>,
}

/// What a node does for every call of a plan: no name of a block and no number is in it, so calls share it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Work {
    /// Cuts of the arrays that are made.
    pub grids: Vec<Grid>,
    /// For failures: the array whose positions the expression at a place names.
    pub subjects: Vec<(Loc, String)>,
    /// Tasks, in order.
    pub tasks: Vec<BatchTask>,
}

/// A kernel's body: a `Func` here, IR text on the wire.
#[derive(Clone, Debug)]
pub struct Body(pub Arc<Func>);

/// A block that a node makes, holds or pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchBlock {
    /// Its name on the cluster.
    pub id: Gid,
    /// Bytes of its elements.
    pub bytes: u64,
    /// Uses by tasks of this message and by pulls of other nodes.
    pub uses: u32,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a block of a batch comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A task of the batch makes it.
    Made,
    /// A task of the batch makes it, and it stays until it is released.
    MadeAndKept,
    /// As `MadeAndKept`, and the driver gets a copy as soon as it is made.
    MadeAndCopied,
    /// It is on the node already (or on its way there from the driver).
    Here,
    /// It is pulled from this node.
    From(NodeId),
}

/// One task of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchTask {
    /// Position in the call's order.
    pub seq: u32,
    /// What is done.
    pub op: TaskOp,
    /// Operands; a block is an index into the batch's blocks.
    pub args: Vec<Arg>,
    /// Blocks that it makes, indices into the batch's blocks.
    pub outs: Vec<u32>,
    /// For failures: index into `grids`, and which block of it the first one is.
    pub place: (u32, u32),
    /// For failures: where the expression stands.
    pub loc: Loc,
}

/// A worker's first message to the driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Join {
    /// Its process.
    pub pid: u32,
    /// Where it listens for other workers.
    pub address: SocketAddr,
    /// Its compute threads.
    pub threads: u32,
    /// Bytes that its blocks may take.
    pub memory: u64,
    /// The best instructions of its machine.
    pub isa: Isa,
    /// By which others find out whether they can read its memory; none if they shall not.
    pub mark: Option<Mark>,
}

/// The driver's answer to `Join`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It is a member.
    Welcome(Welcome),
    /// This one must go, and why.
    Refused(String),
}

/// What a worker must know when it has joined.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// Which node it is.
    pub node: NodeId,
    /// What frames carry from now on.
    pub epoch: u32,
    /// Whether it shall record what it does.
    pub trace: bool,
    /// All workers that live now, itself among them.
    pub peers: Vec<Peer>,
}

/// A worker, for other workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Which node.
    pub node: NodeId,
    /// Its process.
    pub pid: u32,
    /// Where it listens.
    pub address: SocketAddr,
    /// By which others find out whether they can read its memory; none if they shall not.
    pub mark: Option<Mark>,
}

/// Driver to worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// Tasks of a call.
    Tasks(Batch),
    /// Send these blocks when they are there.
    Get(Vec<Gid>),
    /// Say when all of these blocks are there.
    Watch(Vec<Gid>),
    /// The user's handles of these blocks are gone.
    Release(Vec<Gid>),
    /// A new epoch: forget what is not finished, and say what you hold.
    Epoch(Epoch),
    /// Say what your clock shows; what the driver's shows comes back.
    Clock(u64),
    /// Report what you did so far; the number comes back.
    Stats(u64),
    /// End the connection by which you pull from this node, as if the network had.
    Sever(NodeId),
    /// Another worker has joined; said before anything is to be pulled from it.
    Peer(Peer),
    /// End.
    Shutdown,
    /// Keep this block until it is released.
    #[serde(skip)]
    Put(Gid, Arc<Block>),
}

/// Worker to driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToDriver {
    /// Tasks that ended since the last report.
    Report(Report),
    /// All blocks of a watch that can be had are there: these.
    Ready(Vec<Gid>),
    /// A wanted or watched block cannot be had.
    Failed(Epoch, Gid, Failure),
    /// The epoch has begun; these blocks are here, finished and kept.
    Inventory(Epoch, Vec<Gid>),
    /// The connection to another node ended or never began.
    Unreachable(Epoch, NodeId),
    /// Answer to `Stats`.
    Stats(u64, NodeStats),
    /// What was recorded since the last time.
    Trace(Vec<Event>),
    /// Answer to `Clock`.
    Clock {
        /// The driver's clock when it asked.
        asked: u64,
        /// The worker's, now.
        theirs: u64,
    },
    /// The process runs: sent every `HEARTBEAT`, whatever the node does, with the share of its ticks that came in time, in
    /// percent.
    Alive(u8),
    /// A wanted block.
    #[serde(skip)]
    Block(Gid, Arc<Block>),
}

/// How often a worker gives a sign of life.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_millis(500);
/// How often a worker looks whether it gets to run.
pub const TICK: std::time::Duration = std::time::Duration::from_millis(10);
/// How long a worker may give none before it is taken for lost and killed.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(4);

/// A worker to the worker that holds a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToOwner {
    /// Send this block when it is there.
    Get {
        /// When it is asked.
        epoch: Epoch,
        /// Which.
        id: Gid,
        /// The call that needs it: once the owner has heard of that call, a block it does not know never comes.
        serial: u64,
        /// Uses that the answer stands for.
        uses: u32,
    },
    /// So many announced pulls are not needed: the block is here already.
    Used {
        /// When it is said.
        epoch: Epoch,
        /// Which.
        id: Gid,
        /// How many.
        uses: u32,
    },
    /// Lend large blocks from now on: your memory can be read from here.
    Near,
    /// A lent block was read, or could not be.
    Read {
        /// Which loan.
        loan: u64,
        /// Whether it was read.
        well: bool,
    },
}

/// The answer of the worker that holds a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromOwner {
    /// The block cannot be had.
    Failed(Epoch, Gid, Failure),
    /// The process runs: sent every `HEARTBEAT` to whoever pulls.
    Alive,
    /// The block is to be read from the owner's memory.
    Lent(Loan),
    /// The block of this loan was there all the while that it was read.
    Confirmed(u64),
    /// The block.
    #[serde(skip)]
    Block(Gid, Arc<Block>),
}

/// Tasks that ended on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When they ended.
    pub epoch: Epoch,
    /// Call and number of tasks that ended, well or not.
    pub ended: Vec<(u64, u32)>,
    /// Those of them that ran for a while: call, position in its order, microseconds.
    pub times: Vec<(u64, u32, u32)>,
    /// Failures, each once a report.
    pub failures: Vec<Failure>,
    /// Kept blocks that were not made, and the failure (by index) that is to blame.
    pub poisoned: Vec<(Gid, u32)>,
}

/// A message that may carry a block outside of serde.
pub trait Carries: Serialize + for<'de> Deserialize<'de> + Send + 'static {
    /// The block, if this is the variant with one.
    fn block(&self) -> Option<(Gid, &Arc<Block>)>;
    /// Whether messages stand for themselves, so that small ones may pass a large block.
    const MAY_PASS: bool;
    /// The variant with a block; `None` if this direction has none.
    fn with_block(id: Gid, block: Arc<Block>) -> Option<Self>;
}

impl Carries for ToWorker {
    /// A block is released after it was put.
    const MAY_PASS: bool = false;
    fn block(&self) -> Option<(Gid, &Arc<Block>)> {
        if let ToWorker::Put(id, block) = self { Some((*id, block)) } else { None }
    }
    fn with_block(id: Gid, block: Arc<Block>) -> Option<ToWorker> {
        Some(ToWorker::Put(id, block))
    }
}

impl Carries for ToDriver {
    const MAY_PASS: bool = true;
    fn block(&self) -> Option<(Gid, &Arc<Block>)> {
        if let ToDriver::Block(id, block) = self { Some((*id, block)) } else { None }
    }
    fn with_block(id: Gid, block: Arc<Block>) -> Option<ToDriver> {
        Some(ToDriver::Block(id, block))
    }
}

impl Carries for ToOwner {
    const MAY_PASS: bool = true;
    fn block(&self) -> Option<(Gid, &Arc<Block>)> {
        None
    }
    fn with_block(_: Gid, _: Arc<Block>) -> Option<ToOwner> {
        None
    }
}

impl Carries for FromOwner {
    const MAY_PASS: bool = true;
    fn block(&self) -> Option<(Gid, &Arc<Block>)> {
        if let FromOwner::Block(id, block) = self { Some((*id, block)) } else { None }
    }
    fn with_block(id: Gid, block: Arc<Block>) -> Option<FromOwner> {
        Some(FromOwner::Block(id, block))
    }
}

impl Origin {
    /// Whether a task of the batch makes the block.
    pub fn is_made(self) -> bool {
        match self {
            Origin::Made | Origin::MadeAndKept | Origin::MadeAndCopied => true,
            Origin::Here | Origin::From(_) => false,
        }
    }

    /// Whether the block stays until it is released, from this batch on.
    pub fn is_kept(self) -> bool {
        match self {
            Origin::MadeAndKept | Origin::MadeAndCopied => true,
            Origin::Made | Origin::Here | Origin::From(_) => false,
        }
    }
}

impl Batch {
    /// What is wrong with a batch that came from a wire: too much is asked for, or an index points nowhere.
    pub fn check(&self) -> Result<(), String> {
        super::caps::check(self).map_err(|why| format!("`{}`: {why}", self.call))?;
        if self.code.isa > Isa::detected() {
            let (named, ours) = (self.code.isa.name(), Isa::detected().name());
            return Err(format!("`{}` is to run as {named} code, and this machine has {ours}", self.call));
        }
        for task in &self.work.tasks {
            self.check_task(task).map_err(|why| format!("task {} of `{}`: {why}", task.seq, self.call))?;
        }
        Ok(())
    }

    fn check_task(&self, task: &BatchTask) -> Result<(), &'static str> {
        let made = |&out: &u32| self.blocks.get(out as usize).is_some_and(|b| b.origin.is_made());
        if task.outs.is_empty() || !task.outs.iter().all(made) {
            return Err("a result is not a block that is made here");
        }
        for arg in &task.args {
            let there = match *arg {
                Arg::Block(b) => (b.0 as usize) < self.blocks.len(),
                Arg::Scalar(s) => (s as usize) < self.scalars.len(),
            };
            if !there {
                return Err("an operand does not exist");
            }
        }
        if let Some(k) = task.op.kernel()
            && k as usize >= self.kernels.len()
        {
            return Err("the kernel does not exist");
        }
        let (grid, index) = task.place;
        match self.work.grids.get(grid as usize) {
            Some(grid) if (index as usize) < grid.n_blocks() => Ok(()),
            Some(_) | None => Err("the block has no place in its array"),
        }
    }
}

/// A shared part of a message travels as what it is.
mod part {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<T: Serialize, S: Serializer>(part: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        part.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

impl Serialize for Body {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&nums_ir::text::print(&self.0))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Body, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_body(&text).map_err(serde::de::Error::custom)
    }
}

/// Bytes of IR text that a kernel may have.
const BODY: usize = 1 << 20;

fn parse_body(text: &str) -> Result<Body, String> {
    if text.len() > BODY {
        return Err(format!("a kernel of {} bytes of text, {BODY} are allowed", text.len()));
    }
    let func = nums_ir::text::parse(text).map_err(|e| format!("a kernel that cannot be read: {e}"))?;
    nums_ir::verify::verify(&func).map_err(|e| format!("a kernel that is not valid: {}", e.join("; ")))?;
    Ok(Body(Arc::new(func)))
}

#[cfg(test)]
mod tests {
    use super::{Body, ToWorker};
    use crate::wire::codec::{decode, encode};
    use nums_ir::diag::Loc;
    use nums_ir::dtype::DType;
    use nums_ir::func::{Func, Op, Stage};
    use nums_ir::ops::MapOp;
    use nums_ir::types::Type;
    use std::sync::Arc;

    /// `k0(x) = x + x`.
    fn body() -> Func {
        let mut func = Func::new("k0");
        let ty = Type::of(DType::F64, &[4]);
        let x = func.param("x", Some(ty.clone()), Loc::default());
        let y = func.push_typed(Op::Map(MapOp::Add), &[x, x], ty, Loc::default());
        func.results = vec![y];
        func.stage = Stage::Fused;
        func
    }

    #[test]
    fn kernels_travel_as_text() {
        let bytes = encode(&Body(Arc::new(body()))).unwrap();
        let text = nums_ir::text::print(&body());
        assert!(bytes.windows(text.len()).any(|w| w == text.as_bytes()));
        let Body(back) = decode(&bytes).unwrap();
        assert_eq!(nums_ir::text::print(&back), text);
    }

    #[test]
    fn what_is_no_kernel_is_refused() {
        let refused = |text: &str| match decode::<Body>(&encode(&text).unwrap()) {
            Ok(_) => panic!("{text} was accepted"),
            Err(e) => e.to_string(),
        };
        assert!(refused("nums-ir 1\nwhat is this").contains("a kernel that cannot be read"));
        assert!(refused(&" ".repeat((1 << 20) + 1)).contains("1048576 are allowed"));
        // A value that is used before it is defined.
        let mut twisted = body();
        twisted.results.clear();
        let late =
            twisted.push_typed(Op::Map(MapOp::Negative), &[nums_ir::func::Value(3)], Type::of(DType::F64, &[4]), Loc::default());
        twisted.push_typed(Op::Map(MapOp::Negative), &[late], Type::of(DType::F64, &[4]), Loc::default());
        twisted.results = vec![late];
        let text = nums_ir::text::print(&twisted);
        assert!(refused(&text).contains("a kernel that"), "{text}");
    }

    #[test]
    fn messages_without_blocks_round_trip() {
        let bytes = encode(&ToWorker::Release(vec![1, 1 << 60])).unwrap();
        assert!(matches!(decode(&bytes).unwrap(), ToWorker::Release(ids) if ids == [1, 1 << 60]));
    }
}
