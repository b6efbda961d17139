//! Frames: the outermost form of everything on a connection. 20 bytes of header, little endian, then the payload.
//!
//! ```text
//! 0   magic     "NUMS"
//! 4   version   u16
//! 6   kind      u8: 1 auth, 2 control, 3 block, 4 large, 5 piece
//! 7   zero      u8
//! 8   epoch     u32: 0 until the worker is welcomed, then the cluster's
//! 12  length    u64: bytes of the payload, checked against the kind's limit before anything is allocated
//! ```
//!
//! A header that is not all there is not an error; one that is wrong ends the connection.

use super::WireError;

/// Bytes of a header.
pub const HEADER: usize = 20;
/// The protocol's version.
pub const VERSION: u16 = 3;
/// Bytes of a block that go in one frame: a larger block goes in pieces, between which small messages pass.
pub const PIECE: usize = 1 << 20;
const MAGIC: [u8; 4] = *b"NUMS";

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A step of the challenge.
    Auth,
    /// A message.
    Control,
    /// A block: short header and raw bytes.
    Block,
    /// The short header of a block whose bytes come in pieces.
    Large,
    /// The next bytes of that block.
    Piece,
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What follows.
    pub kind: Kind,
    /// The cluster's epoch.
    pub epoch: u32,
    /// Bytes that follow.
    pub length: u64,
}

impl Kind {
    fn tag(self) -> u8 {
        match self {
            Kind::Auth => 1,
            Kind::Control => 2,
            Kind::Block => 3,
            Kind::Large => 4,
            Kind::Piece => 5,
        }
    }

    /// Bytes that a payload may have.
    pub fn limit(self) -> u64 {
        match self {
            Kind::Auth => 256,
            Kind::Control => super::codec::LIMIT as u64,
            Kind::Block | Kind::Piece => PIECE as u64 + super::codec::BLOCK_HEADER as u64,
            Kind::Large => super::codec::BLOCK_HEADER as u64,
        }
    }
}

impl Header {
    /// The header as bytes.
    pub fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6] = self.kind.tag();
        bytes[8..12].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[12..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    /// The header at the front of `bytes`; `None` if it is not all there yet.
    pub fn decode(bytes: &[u8]) -> Result<Option<Header>, WireError> {
        let Some(bytes) = bytes.first_chunk::<HEADER>() else {
            let n = bytes.len().min(MAGIC.len());
            return if bytes[..n] == MAGIC[..n] { Ok(None) } else { Err(broken("the other end does not speak nums")) };
        };
        let [m0, m1, m2, m3, v0, v1, tag, zero, e0, e1, e2, e3, length @ ..] = *bytes;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(broken("the other end does not speak nums"));
        }
        let version = u16::from_le_bytes([v0, v1]);
        if version != VERSION {
            return Err(WireError::Version(version));
        }
        let kind = match (tag, zero) {
            (1, 0) => Kind::Auth,
            (2, 0) => Kind::Control,
            (3, 0) => Kind::Block,
            (4, 0) => Kind::Large,
            (5, 0) => Kind::Piece,
            (tag, _) => return Err(WireError::Broken(format!("a frame of unknown kind {tag}"))),
        };
        let length = u64::from_le_bytes(length);
        if length > kind.limit() {
            return Err(WireError::Broken(format!("a frame of {length} bytes, {} are allowed", kind.limit())));
        }
        Ok(Some(Header { kind, epoch: u32::from_le_bytes([e0, e1, e2, e3]), length }))
    }
}

fn broken(what: &str) -> WireError {
    WireError::Broken(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Header, Kind};

    #[test]
    fn headers_round_trip() {
        for kind in [Kind::Auth, Kind::Control, Kind::Block, Kind::Large, Kind::Piece] {
            for length in [0, 1, kind.limit()] {
                let header = Header { kind, epoch: 0x0102_0304, length };
                assert_eq!(Header::decode(&header.encode()).unwrap(), Some(header));
            }
        }
    }

    #[test]
    fn a_part_of_a_header_is_not_an_error() {
        let bytes = Header { kind: Kind::Block, epoch: 1, length: 9 }.encode();
        for n in 0..HEADER {
            assert_eq!(Header::decode(&bytes[..n]).unwrap(), None, "{n} bytes");
        }
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut [u8; HEADER]), expected: &str) {
        let mut bytes = Header { kind: Kind::Control, epoch: 1, length: 9 }.encode();
        change(&mut bytes);
        assert_eq!(Header::decode(&bytes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn wrong_headers_are_refused() {
        refused(|b| b[0] = b'X', "the other end does not speak nums");
        refused(|b| b[4] = 7, "protocol version 7, expected 3");
        refused(|b| b[6] = 9, "a frame of unknown kind 9");
        refused(|b| b[7] = 1, "a frame of unknown kind 2");
        refused(|b| b[12..].fill(0xff), "a frame of 18446744073709551615 bytes, 268435456 are allowed");
        assert!(Header::decode(b"GET /").is_err());
    }
}
