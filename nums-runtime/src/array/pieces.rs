//! Whole arrays to blocks and back: rows of bytes are copied, whatever the dtype.

use crate::block::{Block, Receiver};
use crate::element::Element;
use crate::error::{Error, Result};
use nums_ir::dtype::DType;
use nums_ir::grid::Grid;

/// Calls `copy(position in the array, position in the block, bytes)` for every contiguous run of block `i`.
fn runs(grid: &Grid, i: usize, item: usize, mut copy: impl FnMut(usize, usize, usize)) {
    let (offset, shape) = (grid.offset_at(i), grid.block_shape_at(i));
    if shape.contains(&0) {
        return;
    }
    let Some(last) = shape.len().checked_sub(1) else { return copy(0, 0, item) };
    let row = shape[last] * item;
    let mut index = vec![0; last];
    for r in 0..shape[..last].iter().product() {
        let outer = (0..last).fold(0, |flat, a| flat * grid.shape()[a] + offset[a] + index[a]);
        copy((outer * grid.shape()[last] + offset[last]) * item, r * row, row);
        for a in (0..last).rev() {
            index[a] += 1;
            if index[a] < shape[a] {
                break;
            }
            index[a] = 0;
        }
    }
}

/// Block `i` of an array.
pub(crate) fn cut(data: &Block, grid: &Grid, i: usize) -> Block {
    fill(data.dtype(), &grid.block_shape_at(i), |to| {
        runs(grid, i, data.dtype().size(), |from, at, n| to[at..at + n].copy_from_slice(&data.bytes()[from..from + n]));
    })
}

/// Copies block `i` to its place in the whole array.
pub(super) fn paste<T: Element>(all: &mut [T], grid: &Grid, i: usize, block: &Block) {
    let from = block.as_slice::<T>();
    runs(grid, i, 1, |at, begin, n| all[at..at + n].copy_from_slice(&from[begin..begin + n]));
}

/// A block whose bytes come from a block of the same dtype, and are valid therefore.
fn fill(dtype: DType, shape: &[usize], write: impl FnOnce(&mut [u8])) -> Block {
    let made = Receiver::new(dtype, shape).and_then(|mut receiver| {
        write(receiver.bytes_mut());
        receiver.finish()
    });
    made.unwrap_or_else(|e| panic!("bytes of a block are not a block's: {e}"))
}

/// Arrays below this are gathered without asking the system.
const SMALL: usize = 64 << 20;

/// Whether so many bytes fit into the memory that this process can still get.
pub(super) fn fits(bytes: usize) -> Result<()> {
    if bytes <= SMALL {
        return Ok(());
    }
    match crate::memory::available() {
        Some(limit) if limit < bytes as u64 => {
            Err(Error::OutOfMemory { what: "a gather to the driver".into(), need: bytes as u64, limit })
        }
        Some(_) | None => Ok(()),
    }
}
