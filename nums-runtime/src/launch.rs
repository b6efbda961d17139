//! The launcher of local worker processes: starts this executable again and hands each one what it must know.
//!
//! `/proc/self/exe` is the very file that runs, also when it has been replaced since. A socket pair is inherited, its number
//! goes through the environment, and `Start` goes through the socket. The kernel kills a worker when the thread that started
//! it ends, so the caller starts workers from a thread that lives as long as they shall. Standard output belongs to the
//! user's program: a worker has none.
#![allow(unsafe_code)]
#![cfg(target_os = "linux")]

use crate::error::{Error, Result};
use crate::hook::{ENTERED, VARIABLE};
use crate::memory::Memory;
use crate::wire::WireError;
use crate::wire::auth::Key;
use crate::wire::codec;
use crate::wire::shared::Transport;
use nums_ir::graph::NodeId;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a worker must know, through the inherited socket.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Start {
    /// Where the driver listens.
    pub driver: SocketAddr,
    /// What the members of the cluster share.
    pub key: Key,
    /// Which node the worker is.
    pub node: NodeId,
    /// Compute threads.
    pub threads: usize,
    /// What its blocks may take.
    pub memory: Memory,
    /// How its blocks go to other workers.
    pub transport: Transport,
}

/// Time until a started executable must have said that it is a worker.
const ENTRY: Duration = Duration::from_millis(1900);
/// Bytes that a `Start` may have.
const START: usize = 16 << 10;

/// A started process that may become a worker. Killed and reaped when dropped.
pub struct Launched {
    child: Child,
    socket: UnixStream,
}

/// Starts one process and hands it `start`.
pub fn launch(start: &Start) -> Result<Launched> {
    let failed = |e: std::io::Error| Error::Unsupported { what: format!("starting a worker process: {e}") };
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let fd = theirs.as_raw_fd();
    let driver = std::process::id();
    let mut command = Command::new("/proc/self/exe");
    command.env(VARIABLE, fd.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    // SAFETY: between fork and exec only calls are made that POSIX allows there; nothing is allocated.
    unsafe {
        command.pre_exec(move || inherit(fd, driver));
    }
    let child = command.spawn().map_err(failed)?;
    let mut launched = Launched { child, socket: ours };
    let payload = codec::encode(start).map_err(|e| Error::Protocol { what: e.to_string() })?;
    let length = (payload.len() as u32).to_le_bytes();
    // A process that ended already is found out when its answer is awaited.
    let _ = launched.socket.write_all(&[&length, payload.as_slice()].concat());
    Ok(launched)
}

/// In the new process before it becomes the executable: keeps the socket, and dies with its driver.
fn inherit(fd: i32, driver: u32) -> std::io::Result<()> {
    // SAFETY: calls on integers alone.
    unsafe {
        if libc::fcntl(fd, libc::F_SETFD, 0) != 0 || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        // The driver may have died before the call above.
        if libc::getppid() as u32 != driver {
            return Err(std::io::Error::from_raw_os_error(libc::ESRCH));
        }
    }
    Ok(())
}

/// Waits until all say that they are workers.
pub fn await_entries(workers: &mut [Launched]) -> Result<()> {
    let end = Instant::now() + ENTRY;
    for worker in workers {
        let mut byte = [0];
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let entered = worker.socket.set_read_timeout(Some(left)).and_then(|()| worker.socket.read_exact(&mut byte));
        if entered.is_err() || byte != [ENTERED] {
            return Err(Error::NoWorkerEntry);
        }
    }
    Ok(())
}

/// In the worker: what it must know.
pub fn receive(socket: &mut UnixStream) -> Result<Start, WireError> {
    socket.set_read_timeout(Some(ENTRY))?;
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > START {
        return Err(WireError::Broken(format!("a start of {length} bytes, {START} are allowed")));
    }
    let mut payload = vec![0; length];
    socket.read_exact(&mut payload)?;
    codec::decode(&payload)
}

impl Launched {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Ends the process if it has not ended, and reaps it.
    pub fn end(&mut self) {
        if !self.has_ended() {
            // It may end by itself in between, which is what is wanted.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRY, Launched, await_entries};
    use crate::error::Error;
    use crate::hook::NO_ENTRY;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    /// A process that is no worker, and what the other end of its socket says.
    fn other(program: &str, says: &[u8]) -> (Launched, UnixStream) {
        let (socket, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(says).unwrap();
        let child = Command::new(program).arg("30").stdout(Stdio::null()).spawn().unwrap();
        (Launched { child, socket }, theirs)
    }

    #[test]
    fn a_process_that_says_it_has_no_entry_is_told_at_once() {
        let begin = Instant::now();
        let (launched, _theirs) = other("sleep", &[NO_ENTRY]);
        assert!(matches!(await_entries(&mut [launched]), Err(Error::NoWorkerEntry)));
        assert!(begin.elapsed() < ENTRY);
    }

    #[test]
    fn a_process_that_ends_has_no_entry() {
        let (launched, theirs) = other("true", &[]);
        drop(theirs);
        assert!(matches!(await_entries(&mut [launched]), Err(Error::NoWorkerEntry)));
    }

    #[test]
    fn a_silent_process_has_no_entry_within_two_seconds_and_is_gone() {
        let begin = Instant::now();
        let (first, _one) = other("sleep", &[]);
        let (second, _two) = other("sleep", &[]);
        let pid = first.pid();
        let mut both = vec![first, second];
        assert!(matches!(await_entries(&mut both), Err(Error::NoWorkerEntry)));
        drop(both);
        assert!(begin.elapsed() < Duration::from_secs(2));
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}
