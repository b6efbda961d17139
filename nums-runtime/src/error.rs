//! The one error type of the library.
//!
//! Every variant carries facts as fields; text is made only in `Display`. `Debug` prints the full report, so that
//! `fn main() -> Result<()>` shows it. A failure that crosses the wire is a `Failure` inside `Error::Task`.

use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// `Result` with nums' error, unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[non_exhaustive]
#[derive(Clone)]
pub enum Error {
    /// Shapes, dtypes or arguments of an expression do not fit: found when the call bound its sizes.
    Program {
        /// Call or function.
        name: String,
        /// `file:line:column` of the expression.
        place: String,
        /// The compiler's words.
        message: String,
    },
    /// An array has another dtype than asked for; nothing is cast silently.
    DType {
        /// What was read or converted: a file, an argument, a result.
        what: String,
        /// Asked for.
        expected: DType,
        /// Found; a dtype that nums does not know is in words.
        found: String,
    },
    /// A shape or block shape that cannot be.
    Shape {
        /// What was asked for.
        what: String,
        /// Why it cannot be.
        why: String,
    },
    /// A task of a call failed, or one that it depends on.
    Task(Box<Failure>),
    /// A file could not be read or written.
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// A file is not what its name promises.
    Format {
        /// Which file.
        path: PathBuf,
        /// Line, from 1; 0 where the format has none.
        line: u64,
        /// Column (field), from 1; 0 where the format has none.
        column: u64,
        /// What is wrong.
        why: String,
    },
    /// A file changed between two reads of one array.
    SourceChanged {
        /// Which file.
        path: PathBuf,
    },
    /// Operands live on different clusters, or several clusters live and none is entered.
    Clusters {
        /// What is ambiguous.
        why: String,
    },
    /// A worker process went away.
    WorkerLost {
        /// Which node.
        node: u32,
        /// Its process.
        pid: u32,
        /// What the driver saw.
        why: String,
    },
    /// A driver cannot listen for workers at an address.
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Workers that were waited for did not join.
    Join {
        /// Where the driver listened.
        address: String,
        /// How many joined.
        joined: u32,
        /// How many were waited for.
        wanted: u32,
        /// What became of the others.
        why: String,
    },
    /// Listening beyond this machine without encryption, which nobody asked for by name.
    Plaintext {
        /// Where.
        address: String,
    },
    /// `local` cannot start workers: the executable has no worker entry.
    NoWorkerEntry,
    /// A task's blocks do not fit into a worker's memory, or a gather into the driver's.
    OutOfMemory {
        /// What needs it.
        what: String,
        /// Bytes needed.
        need: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The platform, build or version cannot do this.
    Unsupported {
        /// What was asked for.
        what: String,
    },
    /// A setting (environment variable, builder option) is wrong.
    Setting {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// Two ends do not speak the same protocol, or a frame breaks its rules.
    Protocol {
        /// What was seen.
        what: String,
    },
    /// The cluster is closed.
    Closed,
}

/// Why a task failed, as it crosses the wire.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// The function, or `expr`.
    pub call: String,
    /// Number of the call on its cluster, from 1.
    pub number: u64,
    /// Source file of the expression.
    pub file: String,
    /// Line and column of the expression.
    pub loc: Loc,
    /// The operator that failed.
    pub op: String,
    /// What is wrong: `singular`, `worker n1 was lost`.
    pub why: String,
    /// The block that was being made, in grid coordinates, and its shape.
    pub block: Vec<u32>,
    /// Shape of that block.
    pub shape: Vec<u64>,
    /// If there was no room: how much there is and how much was needed.
    pub shortage: Option<Shortage>,
}

/// Bytes that were needed, and how many are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shortage {
    /// Needed.
    pub need: u64,
    /// Allowed.
    pub limit: u64,
}

impl From<Failure> for Error {
    /// A failure of a task as the user sees it: for want of memory it is `OutOfMemory`.
    fn from(failure: Failure) -> Error {
        match failure.shortage {
            Some(Shortage { need, limit }) => Error::OutOfMemory { what: failure.to_string(), need, limit },
            None => Error::Task(Box::new(failure)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { call, number, file, loc, op, why, block, shape, shortage: _ } = self;
        write!(f, "{call}, call {number}: {op}")?;
        // What the library itself does (`rechunk`) stands in no file of the user's.
        if !file.is_empty() {
            write!(f, " at {file}:{}:{}", loc.line, loc.column)?;
        }
        write!(f, ": {why}, block (")?;
        for (i, b) in block.iter().enumerate() {
            write!(f, "{}{b}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("), ")?;
        if shape.is_empty() {
            return f.write_str("0-d");
        }
        for (i, n) in shape.iter().enumerate() {
            write!(f, "{}{n}", if i == 0 { "" } else { "×" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Program { name, place, message } => write!(f, "{name} at {place}: {message}"),
            Error::DType { what, expected, found } => write!(f, "{what}: expected dtype {expected}, found {found}"),
            Error::Shape { what, why } => write!(f, "{what}: {why}"),
            Error::Task(failure) => write!(f, "{failure}"),
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Format { path, line: 0, column: _, why } => write!(f, "{}: {why}", path.display()),
            Error::Format { path, line, column: 0, why } => write!(f, "{}:{line}: {why}", path.display()),
            Error::Format { path, line, column, why } => write!(f, "{}:{line}:{column}: {why}", path.display()),
            Error::SourceChanged { path } => write!(f, "{}: the file changed after it was first read", path.display()),
            Error::Clusters { why } => write!(f, "which cluster? {why}"),
            Error::WorkerLost { node, pid, why } => write!(f, "worker n{node} (process {pid}) was lost: {why}"),
            Error::Listen { address, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "listening on {address}: the port is in use\nhelp: end the program that has it, or take another port (0: any)"
                )
            }
            Error::Listen { address, source } => write!(f, "listening on {address}: {source}"),
            Error::Join { address, joined, wanted, why } => {
                write!(f, "{joined} of {wanted} workers joined at {address}: {why}")
            }
            Error::Plaintext { address } => write!(
                f,
                "{address} is beyond this machine, and what is sent would not be encrypted\n\
                 help: build with the feature `tls` (metrics never are), or set NUMS_INSECURE_PLAINTEXT=1 where the network is trusted"
            ),
            Error::NoWorkerEntry => f.write_str(
                "no worker entry: this executable was built without the feature `worker-hook` of `nums`\n\
                 help: enable it, or call `nums::init()` first in `main`",
            ),
            Error::OutOfMemory { what, need, limit } => {
                write!(f, "out of memory: {what} needs {need} bytes, {limit} are allowed")
            }
            Error::Unsupported { what } => write!(f, "not supported here: {what}"),
            Error::Setting { name, value, expected } => write!(f, "{name}={value}: expected {expected}"),
            Error::Protocol { what } => write!(f, "protocol error: {what}"),
            Error::Closed => f.write_str("the cluster is closed"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = std::error::Error::source(self);
        while let Some(e) = source {
            write!(f, "\n  caused by: {e}")?;
            source = e.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } | Error::Listen { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
