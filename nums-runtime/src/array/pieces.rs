//! Whole arrays to blocks and back: rows of bytes are copied, whatever the dtype.

use crate::block::{Block, Receiver};
use crate::error::{Error, Result};
use nums_ir::dtype::DType;
use nums_ir::grid::Grid;
use std::sync::Arc;

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
pub(super) fn cut(data: &Block, grid: &Grid, i: usize) -> Block {
    fill(data.dtype(), &grid.block_shape_at(i), |to| {
        runs(grid, i, data.dtype().size(), |from, at, n| to[at..at + n].copy_from_slice(&data.bytes()[from..from + n]));
    })
}

/// The array of all its blocks.
pub(super) fn join(dtype: DType, grid: &Grid, blocks: &[Arc<Block>]) -> Block {
    fill(dtype, grid.shape(), |to| {
        for (i, block) in blocks.iter().enumerate() {
            runs(grid, i, dtype.size(), |at, from, n| to[at..at + n].copy_from_slice(&block.bytes()[from..from + n]));
        }
    })
}

/// A block whose bytes come from blocks of the same dtype, and are valid therefore.
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
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = text.lines().find_map(|l| l.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    match available {
        Some(kb) if kb * 1024 < bytes as u64 => {
            Err(Error::OutOfMemory { what: "a gather to the driver".into(), need: bytes as u64, limit: kb * 1024 })
        }
        Some(_) | None => Ok(()),
    }
}
