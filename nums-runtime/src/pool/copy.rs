//! `Copy`: where a block can be had besides the node that holds it.
//!
//! The driver holds small results and what the user put; a file holds what was read from it, or what was written to be kept. A
//! block that must come from a file is read by a thread of its own, since the driver does no I/O.

use crate::block::Block;
use crate::error::Result;
use std::fmt;
use std::sync::Arc;

/// A copy of a block.
#[derive(Clone)]
pub enum Copy {
    /// In memory of the driver.
    Here(Arc<Block>),
    /// This block of something that can be read again.
    Again(Arc<dyn Source>, u32),
}

/// Something that can be read again, block by block.
pub trait Source: Send + Sync {
    /// Block `index`.
    ///
    /// # Errors
    /// It cannot be read, or is not what it was.
    fn block(&self, index: u32) -> Result<Block>;

    /// All of it, if that is how it is read: held while several blocks are taken.
    fn whole(&self) -> Option<Arc<Block>>;
}

impl Copy {
    /// The block.
    ///
    /// # Errors
    /// It cannot be read, or is not what it was.
    pub fn block(&self) -> Result<Arc<Block>> {
        match self {
            Copy::Here(block) => Ok(Arc::clone(block)),
            Copy::Again(source, index) => source.block(*index).map(Arc::new),
        }
    }

    /// All of what it is read from, if that is read as a whole.
    pub fn whole(&self) -> Option<Arc<Block>> {
        match self {
            Copy::Here(_) => None,
            Copy::Again(source, _) => source.whole(),
        }
    }
}

impl fmt::Debug for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Copy::Here(_) => write!(f, "here"),
            Copy::Again(_, index) => write!(f, "block {index} of a source"),
        }
    }
}
