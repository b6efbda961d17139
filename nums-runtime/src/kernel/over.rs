//! Results that are written over operands.
//!
//! An operand that is the task's own, and of which a tile reads its own positions and no others, may take a result of as many
//! bytes an element. No loop reads what it writes: the steps of a tile leave the result in room of one tile, and it goes over
//! the operand's tile when all of them have read that. So a block less is held, and no fresh pages are touched. The copy stays in
//! the caches, where both tiles just were; a result of its own would have to be fetched before it is written.

use super::view::{Operands, Read, Spare};
use crate::block::Block;
use crate::element::Slice;
use crate::native;
use nums_ir::dtype::DType;

/// Elements of a tile at the most: the copy finds both in the first cache. A chain of calls on blocks of 8 MB takes 3.4 ms a call
/// with tiles of 1024, 3.9 with 4096, and 5 with results of their own (`x * a + b`, two threads); one that computes more, as
/// long as before.
pub(super) const TILE: usize = 1024;

/// A result and the operand that it is written over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    /// The result, as the kernel counts them.
    pub(super) result: usize,
    pub(super) operand: usize,
}

impl Over {
    /// An operand for `result`, of so many elements: one of those that `is_local` says are read at their own positions alone.
    pub(super) fn find(
        result: usize,
        (dtype, elements): (DType, usize),
        args: &dyn Operands,
        taken: &[Over],
        is_local: impl Fn(usize) -> bool,
    ) -> Option<Over> {
        // What stays in the cache is written to a block of its own as fast as it is copied.
        if elements.saturating_mul(dtype.size()) <= native::cache() {
            return None;
        }
        let fits = |operand: &usize| {
            args.is_spare(*operand)
                && matches!(args.read(*operand), Some(Read::Elements(x)) if x.len() == elements && Block::takes(x.dtype(), dtype))
        };
        let free = |operand: &usize| !taken.iter().any(|over| over.operand == *operand) && is_local(*operand);
        (0..args.count()).find(|operand| fits(operand) && free(operand)).map(|operand| Over { result, operand })
    }

    /// Writes a tile of the result over the operand, from position `at`.
    pub(super) fn write(self, at: usize, tile: Slice<'_>, args: &mut dyn Spare) -> Option<()> {
        args.spare(self.operand)?.write_over(at, tile).then_some(())
    }

    /// The result, when all of it is there.
    pub(super) fn finish(self, dtype: DType, shape: &[usize], args: &mut dyn Spare) -> Option<Block> {
        Some(std::mem::take(args.spare(self.operand)?).retyped(dtype, shape))
    }
}
