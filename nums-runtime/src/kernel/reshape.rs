//! A block of an array under another shape, from the blocks of the old one that hold its elements.
//!
//! Both arrays have the same elements in C order. A run of the new block is its last axis and those before it whose inner ones
//! the grid does not cut: of blocks of whole rows all. The old grid cuts it where a run of an old block ends.

use super::{KernelError, stale_room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::graph::ReshapeTask;
use nums_ir::grid::Grid;

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
    let mut out = stale_room("reshape", dtype, &to.block_shape_at(*block as usize))?;
    if out.is_empty() {
        return Ok(out);
    }
    with_type!(dtype, T => copy(task, args, out.as_mut_slice::<T>()))?;
    Ok(out)
}

fn copy<T: Element>(task: &ReshapeTask, args: &[&Block], out: &mut [T]) -> Result<(), KernelError> {
    let ReshapeTask { from, to, block, blocks } = task;
    let (shape, offset) = (to.block_shape_at(*block as usize), to.offset_at(*block as usize));
    // The axis that runs lie along.
    let along = uncut(to);
    let run = shape[along..].iter().product::<usize>();
    let old = Old::of(from);
    // Blocks are asked for in turn: the place of the last one is where the search begins.
    let mut place = 0;
    for (r, mut dest) in out.chunks_mut(run).enumerate() {
        // Position of the run's first element in C order of the whole array.
        let (mut rest, mut at, mut stride) = (r, 0, 1);
        for axis in (0..shape.len()).rev() {
            let mut c = offset[axis];
            if axis < along {
                c += rest % shape[axis];
                rest /= shape[axis];
            }
            at += c * stride;
            stride *= to.shape()[axis];
        }
        while !dest.is_empty() {
            let (block, start, len) = old.locate(at);
            if blocks.get(place).is_none_or(|b| *b as usize != block) {
                let missing = || KernelError::mismatch("reshape", format!("block {block} is missing"));
                place = blocks.iter().position(|b| *b as usize == block).ok_or_else(missing)?;
            }
            let n = len.min(dest.len());
            let (head, tail) = dest.split_at_mut(n);
            head.copy_from_slice(&args[place].as_slice::<T>()[start..start + n]);
            (dest, at) = (tail, at + n);
        }
    }
    Ok(())
}

/// The last axis that a grid cuts, or the first: from it on, elements of a block are one run.
fn uncut(grid: &Grid) -> usize {
    (0..grid.rank()).rev().find(|&a| grid.parts(a) > 1).unwrap_or(0)
}

/// The old grid as runs: axes to the one that is cut last, which holds those after it.
struct Old<'a> {
    grid: &'a Grid,
    along: usize,
    /// Elements of a position on that axis.
    inner: usize,
}

impl Old<'_> {
    fn of(grid: &Grid) -> Old<'_> {
        let along = uncut(grid);
        Old { grid, along, inner: grid.shape().get(along + 1..).unwrap_or_default().iter().product() }
    }

    /// The block that holds the element at `at` (C order of the array), where in it, and how many follow in its run.
    fn locate(&self, at: usize) -> (usize, usize, usize) {
        let grid = self.grid;
        let (mut at, within) = (at / self.inner, at % self.inner);
        let (mut block, mut start, mut len) = (0, within, 1);
        // How far a step along the axis goes among the blocks, and inside the block.
        let (mut over_blocks, mut inside) = (1, self.inner);
        for axis in (0..grid.rank().min(self.along + 1)).rev() {
            let c = at % grid.shape()[axis];
            at /= grid.shape()[axis];
            let part = c / grid.block_shape()[axis];
            let range = grid.range(axis, part);
            if axis == self.along {
                len = (range.end - c) * self.inner - within;
            }
            block += part * over_blocks;
            start += (c - range.start) * inside;
            over_blocks *= grid.parts(axis);
            inside *= range.len();
        }
        (block, start, len)
    }
}
