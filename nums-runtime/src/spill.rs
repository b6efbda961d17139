//! `SpillFile`: blocks on disk, for which there is no room in memory.
//!
//! One file a node, made when the first block comes and unlinked at once: however the process ends, nothing is left. It
//! holds raw bytes; where a block lies, what it is and its blake3 sum stand in its `Extent`, in memory. Freed extents are
//! used again. It blocks on the disk, so only the node's disk thread calls it (`worker/disk.rs`); when to spill is the
//! worker's business (`worker/room.rs`).

use crate::block::{Block, Receiver};
use crate::memory::Memory;
use nums_ir::dtype::DType;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a block lies in the file, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Extent {
    offset: u64,
    dtype: DType,
    shape: Vec<usize>,
    bytes: u64,
    sum: [u8; 32],
}

/// Blocks on disk.
pub struct SpillFile {
    folder: PathBuf,
    quota: u64,
    file: Option<File>,
    /// Bytes of the file, and its unused ranges: length by offset.
    end: u64,
    free: BTreeMap<u64, u64>,
}

/// Extents begin at multiples of this.
const ALIGN: u64 = 4096;

impl Extent {
    /// Bytes of the block.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn room(&self) -> u64 {
        self.bytes.div_ceil(ALIGN) * ALIGN
    }
}

impl SpillFile {
    /// A file that is made when it is needed.
    pub fn new(memory: &Memory) -> SpillFile {
        let quota = memory.quota.unwrap_or(u64::MAX);
        SpillFile { folder: memory.spill.clone(), quota, file: None, end: 0, free: BTreeMap::new() }
    }

    /// Writes a block; why there is no room for it names the folder and the bytes.
    pub fn write(&mut self, block: &Block) -> Result<Extent, String> {
        let bytes = block.bytes();
        let mut extent = Extent {
            offset: 0,
            dtype: block.dtype(),
            shape: block.shape().to_vec(),
            bytes: bytes.len() as u64,
            sum: *blake3::hash(bytes).as_bytes(),
        };
        let (n, folder) = (extent.bytes, self.folder.display().to_string());
        let failed = |why: String| format!("spilling {n} bytes to {folder}: {why}");
        extent.offset = match self.place(extent.room()) {
            Some(offset) => offset,
            None => return Err(failed(format!("the quota is {} bytes", self.quota))),
        };
        let written = self.file().and_then(|file| write_at(file, bytes, extent.offset));
        match written {
            Ok(()) => Ok(extent),
            Err(e) => {
                self.free(&extent);
                Err(failed(e.to_string()))
            }
        }
    }

    /// Reads a block back; bytes whose sum is another are an error.
    pub fn read(&mut self, extent: &Extent) -> Result<Block, String> {
        let failed = |why: String| format!("reading {} spilled bytes from {}: {why}", extent.bytes, self.folder.display());
        let mut receiver = Receiver::new(extent.dtype, &extent.shape).map_err(|e| failed(e.to_string()))?;
        let file = self.file.as_ref().ok_or_else(|| failed("nothing was written".to_owned()))?;
        read_at(file, receiver.bytes_mut(), extent.offset).map_err(|e| failed(e.to_string()))?;
        if *blake3::hash(receiver.bytes_mut()).as_bytes() != extent.sum {
            return Err(failed("they are not what was written".to_owned()));
        }
        receiver.finish().map_err(|e| failed(e.to_string()))
    }

    /// The block is no longer needed on disk.
    pub fn free(&mut self, extent: &Extent) {
        let (mut from, mut len) = (extent.offset, extent.room());
        if len == 0 {
            return;
        }
        if let Some((&before, &n)) = self.free.range(..from).next_back()
            && before + n == from
        {
            self.free.remove(&before);
            (from, len) = (before, n + len);
        }
        if let Some(n) = self.free.remove(&(from + len)) {
            len += n;
        }
        if from + len == self.end {
            self.end = from;
            if let Some(file) = &self.file {
                // A file that stays long is a file all the same.
                let _ = file.set_len(from);
            }
        } else {
            self.free.insert(from, len);
        }
    }

    /// An unused range of so many bytes: the first that is long enough, else at the end.
    fn place(&mut self, room: u64) -> Option<u64> {
        if room == 0 {
            return Some(0);
        }
        if let Some((&offset, &len)) = self.free.iter().find(|(_, len)| **len >= room) {
            self.free.remove(&offset);
            if len > room {
                self.free.insert(offset + room, len - room);
            }
            return Some(offset);
        }
        let end = self.end.checked_add(room).filter(|end| *end <= self.quota)?;
        Some(std::mem::replace(&mut self.end, end))
    }

    fn file(&mut self) -> std::io::Result<&File> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if self.file.is_none() {
            let name = format!(".nums-spill-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = self.folder.join(name);
            let mut options = OpenOptions::new();
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.read(true).write(true).create_new(true).open(&path)?;
            std::fs::remove_file(&path)?;
            self.file = Some(file);
        }
        self.file.as_ref().ok_or_else(|| std::io::Error::other("no file"))
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::{ALIGN, SpillFile};
    use crate::block::Block;
    use crate::memory::Memory;
    use std::path::Path;

    fn block(n: usize, from: u8) -> Block {
        Block::from_slice(&(0..n).map(|i| (i as u8).wrapping_mul(7).wrapping_add(from)).collect::<Vec<u8>>(), &[n])
    }

    #[test]
    fn blocks_come_back_and_their_room_is_used_again() {
        let mut file = SpillFile::new(&Memory::boundless());
        let blocks: Vec<Block> = (0..4).map(|i| block(5000 * i + 1, i as u8)).collect();
        let extents: Vec<_> = blocks.iter().map(|b| file.write(b).unwrap()).collect();
        for (block, extent) in blocks.iter().zip(&extents) {
            assert_eq!(file.read(extent).unwrap().bytes(), block.bytes());
        }
        let end = file.end;
        file.free(&extents[1]);
        file.free(&extents[2]);
        assert_eq!(file.free.len(), 1, "neighbours are one range");
        let again = file.write(&block(12_000, 9)).unwrap();
        assert_eq!((again.offset, file.end), (extents[1].offset, end));
        file.free(&again);
        file.free(&extents[3]);
        file.free(&extents[0]);
        assert_eq!((file.end, file.free.len()), (0, 0));
        let nothing = file.write(&block(0, 0)).unwrap();
        assert_eq!(file.read(&nothing).map(|b| b.len()), Ok(0));
    }

    #[test]
    fn no_room_and_wrong_bytes_are_errors_that_name_the_folder() {
        let mut memory = Memory { quota: Some(2 * ALIGN), ..Memory::boundless() };
        let mut file = SpillFile::new(&memory);
        let kept = file.write(&block(5000, 1)).unwrap();
        let why = file.write(&block(9, 1)).unwrap_err();
        assert_eq!(why, format!("spilling 9 bytes to {}: the quota is 8192 bytes", memory.spill.display()));
        super::write_at(file.file().unwrap(), &[0xaa; 3], kept.offset + 77).unwrap();
        assert!(file.read(&kept).unwrap_err().ends_with("they are not what was written"));
        memory.spill = Path::new("/no/such/folder").to_owned();
        let why = SpillFile::new(&memory).write(&block(9, 1)).unwrap_err();
        assert!(why.starts_with("spilling 9 bytes to /no/such/folder: No such file"), "{why}");
    }
}
