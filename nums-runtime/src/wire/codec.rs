//! Messages to bytes and back. The one place that names bincode.
//!
//! Lengths inside a message are checked against a limit before anything is allocated, and bytes after the message are an
//! error (bincode alone accepts them). A block's header is written by hand: id, dtype and sizes, fixed width.

use super::WireError;
use crate::block::byte_len;
use crate::pool::Gid;
use nums_ir::dtype::DType;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that a message may have.
pub const LIMIT: usize = 256 << 20;
/// Bytes that a block may have.
pub(super) const LARGEST: u64 = 64 << 30;
/// Axes that a block may have.
const RANK: usize = 32;
/// Bytes of a block's header before the sizes: id, dtype, rank.
const FIXED: usize = 10;
/// Bytes of the longest block header.
pub const BLOCK_HEADER: usize = FIXED + 8 * RANK;

/// `message` as bytes.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, WireError> {
    let bytes = bincode::serde::encode_to_vec(message, bincode::config::standard())
        .map_err(|e| WireError::Broken(format!("a message that cannot be written: {e}")))?;
    if bytes.len() > LIMIT {
        return Err(WireError::Broken(format!("a message of {} bytes, {LIMIT} are allowed", bytes.len())));
    }
    Ok(bytes)
}

/// The message that `bytes` are, all of them.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    // What the bytes announce is allocated before it is found missing, so the limit follows from how many there are; numbers
    // of one byte count as up to 16.
    let (message, used) = match bytes.len() {
        0..1024 => decode_within::<{ 16 << 10 }, T>(bytes),
        1024..65_536 => decode_within::<{ 1 << 20 }, T>(bytes),
        65_536..4_194_304 => decode_within::<{ 64 << 20 }, T>(bytes),
        _ => decode_within::<LIMIT, T>(bytes),
    }?;
    if used != bytes.len() {
        return Err(WireError::Broken(format!("{} bytes after a message", bytes.len() - used)));
    }
    Ok(message)
}

fn decode_within<const N: usize, T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), WireError> {
    let config = bincode::config::standard().with_limit::<N>();
    bincode::serde::decode_from_slice(bytes, config).map_err(|e| WireError::Broken(format!("a message that cannot be read: {e}")))
}

/// What stands before the bytes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// The block.
    pub id: Gid,
    /// Its element type.
    pub dtype: DType,
    /// Its sizes.
    pub shape: Vec<usize>,
}

impl BlockHeader {
    /// The header as bytes.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        if self.shape.len() > RANK {
            return Err(WireError::Broken(format!("a block of {} axes, {RANK} are allowed", self.shape.len())));
        }
        let mut bytes = self.id.to_le_bytes().to_vec();
        bytes.push(self.dtype as u8);
        bytes.push(self.shape.len() as u8);
        bytes.extend(self.shape.iter().flat_map(|&n| (n as u64).to_le_bytes()));
        Ok(bytes)
    }

    /// Bytes of the header of which `fixed` is the front.
    pub fn len_of(fixed: &[u8; FIXED]) -> Result<usize, WireError> {
        match usize::from(fixed[FIXED - 1]) {
            rank if rank <= RANK => Ok(FIXED + 8 * rank),
            rank => Err(WireError::Broken(format!("a block of {rank} axes, {RANK} are allowed"))),
        }
    }

    /// The header that `bytes` are; the elements must have `rest` bytes.
    pub fn decode(bytes: &[u8], rest: u64) -> Result<BlockHeader, WireError> {
        match BlockHeader::parse(bytes)? {
            (header, n) if n == rest => Ok(header),
            _ => Err(WireError::Broken("a block whose bytes do not fit its shape".to_owned())),
        }
    }

    /// The header that `bytes` are, and the bytes of the elements, which are at most `LARGEST`.
    pub fn parse(bytes: &[u8]) -> Result<(BlockHeader, u64), WireError> {
        let broken = |what: &str| WireError::Broken(format!("a block whose {what}"));
        let (fixed, sizes) = bytes.split_first_chunk::<FIXED>().ok_or_else(|| broken("header is too short"))?;
        if bytes.len() != BlockHeader::len_of(fixed)? {
            return Err(broken("header has another length"));
        }
        let [id @ .., tag, _] = *fixed;
        let dtype = *DType::ALL.get(usize::from(tag)).ok_or_else(|| broken("dtype is unknown"))?;
        let mut shape = Vec::with_capacity(RANK);
        for size in sizes.chunks_exact(8) {
            let size = size.try_into().map(u64::from_le_bytes).map_err(|_| broken("sizes are cut off"))?;
            shape.push(usize::try_from(size).map_err(|_| broken("sizes are too large"))?);
        }
        match byte_len(dtype, &shape) {
            Some(n) if n as u64 <= LARGEST => Ok((BlockHeader { id: u64::from_le_bytes(id), dtype, shape }, n as u64)),
            Some(_) | None => Err(broken("bytes do not fit its shape")),
        }
    }
}

/// Bytes at the front of a block's header that tell its length.
pub const BLOCK_FIXED: usize = FIXED;

#[cfg(test)]
mod tests {
    use super::{BlockHeader, decode, encode};
    use crate::wire::message::ToOwner;
    use nums_ir::dtype::DType;

    #[test]
    fn messages_round_trip_and_nothing_may_follow() {
        let message = ToOwner::Get { epoch: 0, id: 1 << 40, serial: 3, uses: 2 };
        let mut bytes = encode(&message).unwrap();
        assert_eq!(decode::<ToOwner>(&bytes).unwrap(), message);
        bytes.push(0);
        assert_eq!(decode::<ToOwner>(&bytes).unwrap_err().to_string(), "1 bytes after a message");
        assert!(decode::<ToOwner>(&bytes[..2]).is_err());
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_allocation() {
        // A string of 2^40 bytes, announced in 9 bytes.
        let mut bytes = vec![253];
        bytes.extend((1u64 << 40).to_le_bytes());
        assert!(decode::<String>(&bytes).is_err());
    }

    #[test]
    fn long_messages_of_short_numbers_are_within_their_limit() {
        for n in [100, 1000, 10_000, 60_000, 200_000, 3_000_000] {
            let numbers: Vec<u64> = (0..n).map(|i| i % 250).collect();
            assert_eq!(decode::<Vec<u64>>(&encode(&numbers).unwrap()).unwrap().len() as u64, n);
        }
    }

    #[test]
    fn block_headers_round_trip() {
        for (dtype, shape, rest) in [(DType::C128, vec![3, 5], 240), (DType::Bool, vec![], 1), (DType::F64, vec![0, 7], 0)] {
            let header = BlockHeader { id: 77, dtype, shape };
            let bytes = header.encode().unwrap();
            assert_eq!(BlockHeader::decode(&bytes, rest).unwrap(), header);
            assert!(BlockHeader::decode(&bytes, rest + 1).is_err());
        }
    }

    #[test]
    fn hostile_block_headers_are_refused() {
        let good = BlockHeader { id: 1, dtype: DType::F64, shape: vec![2] }.encode().unwrap();
        let mut unknown = good.clone();
        unknown[8] = 13;
        assert!(BlockHeader::decode(&unknown, 16).is_err());
        let mut huge = good.clone();
        huge[10..].fill(0xff);
        assert!(BlockHeader::decode(&huge, 16).is_err());
        let mut ranks = good;
        ranks[9] = 200;
        assert!(BlockHeader::decode(&ranks, 16).is_err());
    }
}
