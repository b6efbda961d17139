//! The wire between driver and workers: what is said (`message`), how it becomes bytes (`codec`, `frame`), who may speak
//! (`auth`), who waits at the door (`door`), and the sockets (`link`, `socket`), encrypted
//! where they leave the machine (`cipher`). Within a host large blocks go through memory (`shared`).
//!
//! A connection begins with `auth`'s challenge; nothing else is read before it succeeded. Then frames follow, each one
//! control message (bincode, limited) or one block (a short header and raw bytes). Only this folder sees bytes: driver and
//! workers see messages, and in one process they are handed over as they are.

pub mod auth;
mod caps;
pub mod cipher;
pub mod codec;
pub mod door;
pub mod frame;
pub mod link;
pub mod message;
pub mod shared;
pub mod socket;
#[cfg(feature = "tls")]
pub mod tls;

use std::fmt;

/// Why a connection is of no more use.
#[derive(Debug)]
pub enum WireError {
    /// The system says so.
    Io(std::io::Error),
    /// Bytes that break the rules of the protocol.
    Broken(String),
    /// The other end does not know the secret, or is not who it should be.
    Refused(&'static str),
    /// The other end speaks another version of the protocol.
    Version(u16),
    /// The other end may be a friend, but would not compute the same bits.
    Unlike(String),
    /// The other end was silent for too long.
    Late(&'static str),
    /// The other end sent nothing for so long, not even a sign of life.
    Silent(std::time::Duration),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Io(e) => write!(f, "{e}"),
            WireError::Broken(what) | WireError::Unlike(what) => f.write_str(what),
            WireError::Version(v) => write!(f, "protocol version {v}, expected {}", frame::VERSION),
            WireError::Refused(why) => write!(f, "refused: {why}"),
            WireError::Silent(time) => write!(f, "no sign of life for {time:?}"),
            WireError::Late(what) => write!(f, "no answer in time: {what}"),
        }
    }
}

impl std::error::Error for WireError {}

impl From<std::io::Error> for WireError {
    fn from(e: std::io::Error) -> WireError {
        WireError::Io(e)
    }
}
