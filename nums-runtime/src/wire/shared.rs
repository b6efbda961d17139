//! Large blocks between workers of one host: read from the memory of the worker that has them, in one copy.
//!
//! Such a block is not sent but lent. Its owner says where the bytes lie and keeps them; who needs them copies them
//! (`process_vm_readv`) and says so; the owner confirms that it has had them until then, and only now is the block there. A
//! connection that ended in between or a process whose number another one got makes no wrong block, since nobody confirms. Bytes
//! that cannot be read are sent instead. Nothing is named, mapped or left behind, and no process writes into another.
//!
//! Whether two workers share a host is tried, not told: each says where a random number stands in its memory (`Mark`), and who
//! finds it there can read that process. The system allows it to processes of the same user, and may refuse even them. The choice
//! is the reader's, when it dials (`Transport`); the owner lends to whoever said `ToOwner::Near`.
#![allow(unsafe_code)]

use super::WireError;
use super::auth;
use super::codec::BlockHeader;
use super::frame::PIECE;
use super::message::{FromOwner, ToOwner};
use crate::block::{Block, Receiver};
use crate::error::{Error, Result};
use crate::pool::Gid;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, OnceLock};

/// Names the transport.
pub const VARIABLE: &str = "NUMS_TRANSPORT";
/// Bytes of the smallest block that is lent: a smaller one is sent sooner.
pub const LARGE: usize = 256 << 10;

/// How blocks go from one worker to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// Through memory where that can be read, through sockets elsewhere.
    #[default]
    Auto,
    /// Through sockets.
    Tcp,
    /// Large blocks through memory; workers whose memory cannot be read are an error.
    Shm,
}

/// Where a random number stands in the memory of a process: whoever finds it there can read that process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    address: u64,
    number: [u8; 32],
}

/// A block that its owner keeps until it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// Which loan of the connection.
    pub number: u64,
    address: u64,
    /// A block's header, as it stands before bytes that are sent.
    header: Vec<u8>,
}

/// What is lent by a connection.
#[derive(Default)]
pub struct Loans {
    lent: HashMap<u64, (Gid, Arc<Block>)>,
    next: u64,
}

/// What is lent to a connection.
#[derive(Default)]
pub struct Borrowed {
    offered: VecDeque<Loan>,
    /// Blocks that were read and are not confirmed yet.
    read: HashMap<u64, (Gid, Block)>,
}

/// Blocks that are read ahead of their confirmation: more would be buffers that no task can use and give back yet.
const UNCONFIRMED: usize = 2;

impl Transport {
    /// What `NUMS_TRANSPORT` says.
    ///
    /// # Errors
    /// `Error::Setting` for another word.
    pub fn of_env() -> Result<Transport> {
        let value = std::env::var(VARIABLE).unwrap_or_default();
        let expected = "`auto`, `tcp` or `shm`";
        Transport::parse(&value).ok_or(Error::Setting { name: VARIABLE.into(), value, expected })
    }

    fn parse(value: &str) -> Option<Transport> {
        match value {
            "" | "auto" => Some(Transport::Auto),
            "tcp" => Some(Transport::Tcp),
            "shm" => Some(Transport::Shm),
            _ => None,
        }
    }
}

impl Mark {
    /// That of this process.
    pub fn own() -> io::Result<Mark> {
        static NUMBER: OnceLock<[u8; 32]> = OnceLock::new();
        let new = auth::random()?;
        let number = NUMBER.get_or_init(|| new);
        Ok(Mark { address: number.as_ptr().addr() as u64, number: *number })
    }

    /// Whether the process with this number is the one that made the mark, and can be read from here.
    pub fn is_of(&self, process: u32) -> bool {
        let mut found = [0; 32];
        read(process, self.address, &mut found).is_ok() && found == self.number
    }
}

impl Loans {
    /// Keeps a block for who reads it, and says where it is.
    pub fn lend(&mut self, id: Gid, block: Arc<Block>) -> FromOwner {
        let header = BlockHeader { id, dtype: block.dtype(), shape: block.shape().to_vec() };
        // A header that cannot be written fails where it is sent.
        let Ok(header) = header.encode() else { return FromOwner::Block(id, block) };
        self.next += 1;
        let loan = Loan { number: self.next, address: block.bytes().as_ptr().addr() as u64, header };
        self.lent.insert(loan.number, (id, block));
        FromOwner::Lent(loan)
    }

    /// The block was read, `well` or not, and is no longer kept; the answer confirms it or sends it.
    pub fn end(&mut self, number: u64, well: bool) -> Result<FromOwner, WireError> {
        match self.lent.remove(&number) {
            Some(_) if well => Ok(FromOwner::Confirmed(number)),
            Some((id, block)) => Ok(FromOwner::Block(id, block)),
            None => Err(WireError::Broken("a block that was not lent".to_owned())),
        }
    }
}

impl Borrowed {
    /// A block may be read.
    pub fn offer(&mut self, loan: Loan) {
        self.offered.push_back(loan);
    }

    /// Reads what is offered from the process `owner` as long as not too much is unconfirmed, and says what was read.
    pub async fn read(&mut self, owner: u32, say: impl Fn(ToOwner)) -> Result<(), WireError> {
        while self.read.len() < UNCONFIRMED
            && let Some(loan) = self.offered.pop_front()
        {
            let block = loan.read(owner).await?;
            say(ToOwner::Read { loan: loan.number, well: block.is_some() });
            self.read.extend(block.map(|block| (loan.number, block)));
        }
        Ok(())
    }

    /// The owner has had the block while it was read: here it is.
    pub fn confirm(&mut self, loan: u64) -> Result<FromOwner, WireError> {
        let read = self.read.remove(&loan);
        let (id, block) = read.ok_or_else(|| WireError::Broken("a block that was not read".to_owned()))?;
        Ok(FromOwner::Block(id, Arc::new(block)))
    }
}

impl Loan {
    /// Copies the block from the owner's memory; none where that fails. It is whole only when the owner confirms it.
    async fn read(&self, owner: u32) -> Result<Option<(Gid, Block)>, WireError> {
        let (BlockHeader { id, dtype, shape }, _) = BlockHeader::parse(&self.header)?;
        let receiver = Receiver::new(dtype, &shape);
        let mut receiver = receiver.map_err(|e| WireError::Broken(format!("a block that cannot be read: {e}")))?;
        let mut address = self.address;
        for piece in receiver.bytes_mut().chunks_mut(PIECE) {
            if read(owner, address, piece).is_err() {
                return Ok(None);
            }
            address = address.wrapping_add(piece.len() as u64);
            // Other connections have their turn.
            tokio::task::yield_now().await;
        }
        Ok(receiver.finish().ok().map(|block| (id, block)))
    }
}

/// Copies bytes from another process of this host.
#[cfg(target_os = "linux")]
fn read(process: u32, address: u64, into: &mut [u8]) -> io::Result<()> {
    let mut have = 0;
    while have < into.len() {
        let rest = &mut into[have..];
        let here = libc::iovec { iov_base: rest.as_mut_ptr().cast(), iov_len: rest.len() };
        let there = libc::iovec {
            iov_base: std::ptr::without_provenance_mut(address.wrapping_add(have as u64) as usize),
            iov_len: rest.len(),
        };
        // SAFETY: the kernel writes at most `rest.len()` bytes to `rest`, which is borrowed exclusively; the other address is one of
        // the other process, where the kernel only reads, and an error if nothing is there.
        let n = unsafe { libc::process_vm_readv(process as libc::pid_t, &raw const here, 1, &raw const there, 1, 0) };
        match usize::try_from(n) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => have += n,
            Err(_) => return Err(io::Error::last_os_error()),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn read(_process: u32, _address: u64, _into: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Lets the other processes that the driver started read this one, where the system would allow that to nobody but its debugger.
#[cfg(target_os = "linux")]
pub fn let_siblings_read() {
    // SAFETY: a call on integers alone. Without the Yama module it fails, and nothing has to be allowed.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::c_ulong::from(libc::getppid().unsigned_abs()), 0, 0, 0) };
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{LARGE, Loans, Mark, Transport, read};
    use crate::block::Block;
    use crate::wire::message::FromOwner;
    use std::sync::Arc;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn transports_have_names() {
        for (text, transport) in
            [("", Transport::Auto), ("auto", Transport::Auto), ("tcp", Transport::Tcp), ("shm", Transport::Shm)]
        {
            assert_eq!(Transport::parse(text), Some(transport));
        }
        assert_eq!(Transport::parse("pigeon"), None);
    }

    #[test]
    fn a_mark_is_found_in_its_own_process_alone() {
        let mark = Mark::own().unwrap();
        assert_eq!(mark, Mark::own().unwrap(), "it stays");
        assert!(mark.is_of(std::process::id()));
        let mut other = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(!mark.is_of(other.id()));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(!mark.is_of(other.id()), "a process that is gone");
        assert!(!Mark { number: [7; 32], ..mark }.is_of(std::process::id()));
        assert!(read(std::process::id(), 64, &mut [0; 8]).is_err(), "where nothing is");
    }

    #[test]
    fn a_lent_block_is_read_and_confirmed_once() {
        let block = Arc::new(Block::from_slice(&(0..LARGE as u64).collect::<Vec<_>>(), &[LARGE / 8, 8]));
        let mut loans = Loans::default();
        let FromOwner::Lent(loan) = loans.lend(7, Arc::clone(&block)) else { panic!("a loan") };
        let (id, copy) = run(loan.read(std::process::id())).unwrap().unwrap();
        assert_eq!((id, copy.shape(), copy.bytes()), (7, block.shape(), block.bytes()));
        assert!(matches!(loans.end(loan.number, true), Ok(FromOwner::Confirmed(n)) if n == loan.number));
        assert_eq!(Arc::strong_count(&block), 1, "it is no longer kept");
        assert_eq!(loans.end(loan.number, true).unwrap_err().to_string(), "a block that was not lent");
    }

    #[test]
    fn a_block_that_cannot_be_read_is_sent() {
        let block = Arc::new(Block::from_slice(&[true; 100], &[100]));
        let mut loans = Loans::default();
        let FromOwner::Lent(loan) = loans.lend(7, Arc::clone(&block)) else { panic!("a loan") };
        let nowhere = super::Loan { address: 64, ..loan.clone() };
        assert!(run(nowhere.read(std::process::id())).unwrap().is_none());
        let twos = [2u8; 100];
        let no_booleans = super::Loan { address: twos.as_ptr().addr() as u64, ..loan.clone() };
        assert!(run(no_booleans.read(std::process::id())).unwrap().is_none());
        assert!(matches!(loans.end(loan.number, false), Ok(FromOwner::Block(7, sent)) if Arc::ptr_eq(&sent, &block)));
        let hostile = super::Loan { header: vec![0xff; 20], ..loan };
        assert!(run(hostile.read(std::process::id())).is_err());
    }
}
