//! What blocks can be read from again: a file of the user's that has not changed, or a file of our own.
//!
//! A user's file is known by its fingerprint: length, time of change, and a hash of its first and last bytes. It is taken before
//! the file is read and compared after, and before and after each later reading. A file of our own has no name: it is gone
//! with its last block, and holds the bytes as they are, each block with its blake3 sum.

use super::io_error;
use crate::array::cut;
use crate::block::{Block, Receiver};
use crate::error::{Error, Result};
use crate::pool::Source;
use nums_ir::dtype::DType;
use nums_ir::grid::Grid;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

/// Bytes at either end of a file that its fingerprint holds.
const ENDS: u64 = 64 << 10;

/// What a file was when it was read first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fingerprint {
    length: u64,
    changed: Option<SystemTime>,
    ends: [u8; 32],
}

impl Fingerprint {
    fn of(path: &Path) -> Result<Fingerprint> {
        let failed = |e| io_error(path, e);
        let mut file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        let mut hasher = blake3::Hasher::new();
        let mut ends = vec![0; ENDS.min(about.len()) as usize];
        file.read_exact(&mut ends).map_err(failed)?;
        hasher.update(&ends);
        file.seek(SeekFrom::End(-(ends.len() as i64))).map_err(failed)?;
        file.read_exact(&mut ends).map_err(failed)?;
        hasher.update(&ends);
        Ok(Fingerprint { length: about.len(), changed: about.modified().ok(), ends: *hasher.finalize().as_bytes() })
    }
}

/// How a file becomes an array.
type Reading = Box<dyn Fn(&Path) -> Result<Block> + Send + Sync>;

/// A file of the user's, as an array in blocks.
pub struct UserFile {
    path: PathBuf,
    print: Fingerprint,
    read: Reading,
    grid: Grid,
    /// What was read last, while somebody has it.
    whole: Mutex<Weak<Block>>,
}

impl UserFile {
    /// Reads a file that can be read again, in blocks of the default cut.
    pub fn read(path: &Path, read: impl Fn(&Path) -> Result<Block> + Send + Sync + 'static) -> Result<(Block, UserFile)> {
        let path = std::path::absolute(path).map_err(|e| io_error(path, e))?;
        let print = Fingerprint::of(&path)?;
        let block = read(&path)?;
        let grid = Grid::default_for(block.shape(), block.dtype());
        let file = UserFile { path, print, read: Box::new(read), grid, whole: Mutex::default() };
        file.check()?;
        Ok((block, file))
    }

    /// The default cut of the array.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    fn check(&self) -> Result<()> {
        if Fingerprint::of(&self.path)? == self.print { Ok(()) } else { Err(Error::SourceChanged { path: self.path.clone() }) }
    }

    fn again(&self) -> Result<Arc<Block>> {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = whole.upgrade() {
            return Ok(block);
        }
        self.check()?;
        let block = Arc::new((self.read)(&self.path)?);
        self.check()?;
        *whole = Arc::downgrade(&block);
        Ok(block)
    }
}

impl Source for UserFile {
    fn block(&self, index: u32) -> Result<Block> {
        let whole = self.again()?;
        Ok(cut(&whole, &self.grid, index as usize))
    }

    fn whole(&self) -> Option<Arc<Block>> {
        self.again().ok()
    }
}

/// Blocks in a file of our own.
pub struct Kept {
    file: Mutex<File>,
    path: PathBuf,
    blocks: Vec<KeptBlock>,
}

struct KeptBlock {
    at: u64,
    dtype: DType,
    shape: Vec<usize>,
    sum: [u8; 32],
}

impl Kept {
    /// An empty file in the folder for what does not fit into memory.
    pub fn new() -> Result<Kept> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("nums-{}-{}.kept", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let failed = |e| io_error(&path, e);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).map_err(failed)?;
        // Without a name it is gone with this process, however that ends.
        std::fs::remove_file(&path).map_err(failed)?;
        Ok(Kept { file: Mutex::new(file), path, blocks: Vec::new() })
    }

    /// A file of these blocks.
    pub fn write(blocks: &[Arc<Block>]) -> Result<Kept> {
        let mut kept = Kept::new()?;
        blocks.iter().try_for_each(|block| kept.push(block))?;
        Ok(kept)
    }

    /// Adds a block.
    pub fn push(&mut self, block: &Block) -> Result<()> {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::End(0)).and_then(|at| file.write_all(block.bytes()).map(|()| at));
        let at = written.map_err(|e| io_error(&self.path, e))?;
        let sum = *blake3::hash(block.bytes()).as_bytes();
        self.blocks.push(KeptBlock { at, dtype: block.dtype(), shape: block.shape().to_vec(), sum });
        Ok(())
    }
}

impl Source for Kept {
    fn block(&self, index: u32) -> Result<Block> {
        let broken = |why: &str| super::format_error(&self.path, 0, 0, format!("block {index} that was kept: {why}"));
        let kept = self.blocks.get(index as usize).ok_or_else(|| broken("it is not there"))?;
        let mut receiver = Receiver::new(kept.dtype, &kept.shape).map_err(|e| broken(&e.to_string()))?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(kept.at)).and_then(|_| file.read_exact(receiver.bytes_mut()));
        read.map_err(|e| io_error(&self.path, e))?;
        let block = receiver.finish().map_err(|e| broken(&e.to_string()))?;
        if *blake3::hash(block.bytes()).as_bytes() != kept.sum {
            return Err(broken("its sum is another"));
        }
        Ok(block)
    }

    fn whole(&self) -> Option<Arc<Block>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, UserFile};
    use crate::block::Block;
    use crate::error::Error;
    use crate::pool::Source;
    use std::sync::Arc;

    #[test]
    fn a_file_that_changes_is_noticed() {
        let path = std::env::temp_dir().join(format!("nums-source-{}", std::process::id()));
        std::fs::write(&path, [1u8, 2, 3]).unwrap();
        let read = |path: &std::path::Path| Ok(Block::from_slice(&std::fs::read(path).unwrap(), &[3]));
        let (block, file) = UserFile::read(&path, read).unwrap();
        assert_eq!(block.as_slice::<u8>(), [1, 2, 3]);
        assert_eq!(file.block(0).unwrap().as_slice::<u8>(), [1, 2, 3]);
        std::fs::write(&path, [1u8, 2, 4]).unwrap();
        assert!(matches!(file.block(0), Err(Error::SourceChanged { path: changed }) if changed == path));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(file.block(0), Err(Error::Io { .. })));
    }

    #[test]
    fn kept_blocks_come_back() {
        let blocks =
            [Block::from_slice(&[1.5f64, -0.0], &[2]), Block::from_slice::<u8>(&[], &[0, 3]), Block::from_slice(&[true], &[])];
        let kept = Kept::write(&blocks.clone().map(Arc::new)).unwrap();
        for (i, block) in blocks.iter().enumerate().rev() {
            let back = kept.block(i as u32).unwrap();
            assert_eq!((back.bytes(), back.shape(), back.dtype()), (block.bytes(), block.shape(), block.dtype()));
        }
        assert!(kept.block(3).is_err());
    }
}
