//! A block of an array under another shape, from the blocks of the old one that hold its elements.
//!
//! Both arrays have the same elements in C order. A row of the new block (its last axis) is a run of these; the old grid
//! cuts the run where a row of an old block ends.

use super::{KernelError, room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::graph::ReshapeTask;
use nums_ir::grid::Grid;
use std::collections::HashMap;

pub(super) fn reshape(task: &ReshapeTask, args: &[&Block]) -> Result<Block, KernelError> {
    let wrong = |why: &str| KernelError::mismatch("reshape", why);
    let ReshapeTask { from, blocks, to, block } = task;
    let size = |g: &Grid| g.shape().iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    let sound = |g: &Grid| g.shape().len() == g.block_shape().len() && !g.block_shape().contains(&0);
    if !sound(from) || !sound(to) {
        return Err(wrong("a grid with empty blocks"));
    }
    if size(from).is_none() || size(from) != size(to) || blocks.len() != args.len() || *block as usize >= to.n_blocks() {
        return Err(wrong("grids and blocks do not belong together"));
    }
    for (&b, arg) in blocks.iter().zip(args) {
        if b as usize >= from.n_blocks() || arg.shape() != from.block_shape_at(b as usize) || arg.dtype() != args[0].dtype() {
            return Err(wrong("an operand is not the block of its grid"));
        }
    }
    let dtype = args.first().ok_or_else(|| wrong("no operands"))?.dtype();
    let mut out = room("reshape", dtype, &to.block_shape_at(*block as usize))?;
    if out.is_empty() {
        return Ok(out);
    }
    let by_index: HashMap<usize, &Block> = blocks.iter().map(|&b| b as usize).zip(args.iter().copied()).collect();
    with_type!(dtype, T => copy(task, &by_index, out.as_mut_slice::<T>()))?;
    Ok(out)
}

fn copy<T: Element>(task: &ReshapeTask, blocks: &HashMap<usize, &Block>, out: &mut [T]) -> Result<(), KernelError> {
    let ReshapeTask { from, to, block, .. } = task;
    let (shape, offset) = (to.block_shape_at(*block as usize), to.offset_at(*block as usize));
    let row = shape.last().copied().unwrap_or(1);
    for (r, mut dest) in out.chunks_mut(row).enumerate() {
        // Position of the row's first element in C order of the whole array.
        let (mut rest, mut at, mut stride) = (r, 0, 1);
        for axis in (0..shape.len()).rev() {
            let mut c = offset[axis];
            if axis + 1 < shape.len() {
                c += rest % shape[axis];
                rest /= shape[axis];
            }
            at += c * stride;
            stride *= to.shape()[axis];
        }
        while !dest.is_empty() {
            let (block, start, len) = locate(from, at);
            let src = blocks.get(&block).ok_or_else(|| KernelError::mismatch("reshape", format!("block {block} is missing")))?;
            let n = len.min(dest.len());
            let (head, tail) = dest.split_at_mut(n);
            head.copy_from_slice(&src.as_slice::<T>()[start..start + n]);
            (dest, at) = (tail, at + n);
        }
    }
    Ok(())
}

/// The block that holds the element at `at` (C order of the array), where in it, and how many follow in its row.
fn locate(grid: &Grid, mut at: usize) -> (usize, usize, usize) {
    let rank = grid.shape().len();
    let (mut index, mut start, mut len) = (0, 0, 1);
    // How far a step along the axis goes among the blocks, and inside the block.
    let (mut over_blocks, mut inside) = (1, 1);
    for axis in (0..rank).rev() {
        let c = at % grid.shape()[axis];
        at /= grid.shape()[axis];
        let part = c / grid.block_shape()[axis];
        let range = grid.range(axis, part);
        if axis + 1 == rank {
            len = range.end - c;
        }
        index += part * over_blocks;
        start += (c - range.start) * inside;
        over_blocks *= grid.parts(axis);
        inside *= range.len();
    }
    (index, start, len)
}
