//! NumPy's `matmul` over blocks: one product task for every (batch, row, contraction, column) block, then a tree of sums.
//!
//! Rows and columns keep the cuts of their operands, but no block of the result outgrows `grid::BLOCK`. The contracted axis is cut as in the operand with more elements; the other
//! is re-cut. Batch axes broadcast; they are cut as in the operand that has them. Of a symmetric product the blocks above the
//! diagonal are transposes of those below.

use super::{Tiler, sizes};
use crate::dtype::DType;
use crate::func::{Func, Inst};
use crate::graph::{Arg, BlockId, Piece, TaskOp};
use crate::grid::{BLOCK, Grid};
use crate::ops::ReduceOp;

/// Axes of an operand of a product: which is contracted, which is free.
#[derive(Clone, Copy)]
struct Axes {
    rank: usize,
    contracted: usize,
    free: Option<usize>,
}

impl Axes {
    /// Of the left operand (`m × k`) or the right one (`k × n`), read transposed or not.
    fn new(rank: usize, left: bool, trans: bool) -> Axes {
        if rank == 1 {
            return Axes { rank, contracted: 0, free: None };
        }
        let (second_last, last) = (rank - 2, rank - 1);
        let (contracted, free) = if left != trans { (last, second_last) } else { (second_last, last) };
        Axes { rank, contracted, free: Some(free) }
    }

    fn batch(self) -> usize {
        self.rank.saturating_sub(2)
    }
}

impl Tiler {
    pub(super) fn matmul(&mut self, func: &Func, inst: &Inst, (trans_a, trans_b): (bool, bool), symmetric: bool) {
        let out = inst.results[0];
        let (loc, dtype, shape) = (func.data(out).loc, func.ty(out).dtype, sizes(func, out));
        let (a, b) = (self.operand(func, inst.args[0]), self.operand(func, inst.args[1]));
        let (left, right) = (self.grid(a).clone(), self.grid(b).clone());
        let (in_a, in_b) = (Axes::new(left.rank(), true, trans_a), Axes::new(right.rank(), false, trans_b));
        let larger = if left.shape().iter().product::<usize>() >= right.shape().iter().product() {
            left.block_shape()[in_a.contracted]
        } else {
            right.block_shape()[in_b.contracted]
        };
        let batch = shape.len() - usize::from(in_a.free.is_some()) - usize::from(in_b.free.is_some());
        // Batch axis `i` of the result in an operand, if it is there and not broadcast.
        let batch_axis = |axes: Axes, grid: &Grid, i: usize| {
            let axis = (i + axes.batch()).checked_sub(batch)?;
            (grid.shape()[axis] == shape[i]).then_some(axis)
        };
        let mut block: Vec<usize> = (0..batch)
            .map(|i| {
                let from = |axes, grid: &Grid| batch_axis(axes, grid, i).map(|axis| grid.block_shape()[axis]);
                from(in_a, &left).or_else(|| from(in_b, &right)).unwrap_or(1)
            })
            .collect();
        let batch_block = block.clone();
        block.extend(in_a.free.map(|f| left.block_shape()[f]));
        block.extend(
            in_b.free.map(|f| if symmetric { left.block_shape()[in_a.free.unwrap_or(f)] } else { right.block_shape()[f] }),
        );
        while block.iter().product::<usize>().saturating_mul(dtype.size()) > BLOCK && !symmetric {
            let Some(axis) = (batch..block.len()).rev().max_by_key(|a| block[*a]).filter(|a| block[*a] > 1) else { break };
            block[axis] = block[axis].div_ceil(2);
        }
        let (row_block, column_block) = (block.get(batch).copied(), block.last().copied());
        let recut = |axes: Axes, grid: &Grid, free: Option<usize>| {
            let mut cut = grid.block_shape().to_vec();
            cut[axes.contracted] = larger;
            if let (Some(axis), Some(free)) = (axes.free, free) {
                cut[axis] = free;
            }
            for (i, size) in batch_block.iter().enumerate() {
                if let Some(axis) = batch_axis(axes, grid, i) {
                    cut[axis] = *size;
                }
            }
            Grid::new(grid.shape(), &cut)
        };
        let (a, b) = (self.recut(a, &recut(in_a, &left, row_block)), self.recut(b, &recut(in_b, &right, column_block)));
        let (left, right) = (self.grid(a).clone(), self.grid(b).clone());
        let to = Grid::new(&shape, &block);
        let id = self.result(func, out, to.clone());
        let sum = if dtype == DType::Bool { ReduceOp::Any } else { ReduceOp::Sum };
        let mut above = Vec::new();
        for i in 0..to.n_blocks() {
            let at = to.coords(i);
            let coords = |axes: Axes, grid: &Grid, free: usize, k: usize| {
                let mut c = vec![0; axes.rank];
                for (j, part) in at[..batch].iter().enumerate() {
                    if let Some(axis) = batch_axis(axes, grid, j) {
                        c[axis] = *part;
                    }
                }
                c[axes.contracted] = k;
                if let Some(axis) = axes.free {
                    c[axis] = free;
                }
                grid.index(&c)
            };
            if symmetric && at[0] < at[1] {
                above.push((i, to.index(&[at[1], at[0]])));
                continue;
            }
            let symmetric = symmetric && at[0] == at[1];
            let row = if in_a.free.is_some() { at[batch] } else { 0 };
            let column = if in_b.free.is_some() { at[at.len() - 1] } else { 0 };
            let block = self.block(id, i);
            let parts = left.parts(in_a.contracted);
            let partials: Vec<BlockId> = (0..parts)
                .map(|k| {
                    let x = self.block(a, coords(in_a, &left, row, k));
                    let y = self.block(b, coords(in_b, &right, column, k));
                    let partial = if parts == 1 {
                        block
                    } else {
                        let name = format!("{}.p", self.graph.array(id).name);
                        let partial = self.array(&name, dtype, Grid::whole(&to.block_shape_at(i)), loc);
                        self.block(partial, 0)
                    };
                    self.task(
                        TaskOp::Matmul { trans_a, trans_b, symmetric },
                        vec![Arg::Block(x), Arg::Block(y)],
                        vec![partial],
                        loc,
                    );
                    partial
                })
                .collect();
            if parts > 1 {
                self.combine(sum, &partials, block, loc);
            }
        }
        for (block, below) in above {
            let shape = to.block_shape_at(block);
            let piece = Piece {
                arg: 0,
                src: vec![0, 0],
                dest: vec![0, 0],
                shape: shape.clone(),
                axes: vec![Some(1), Some(0)],
                step: vec![1, 1],
            };
            let (from, out) = (self.block(id, below), self.block(id, block));
            self.task(TaskOp::Assemble { shape, pieces: vec![piece] }, vec![Arg::Block(from)], vec![out], loc);
        }
    }
}
