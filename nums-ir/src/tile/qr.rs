//! QR of a matrix cut by rows: each block by itself, then their triangles under each other, in a tree, and Q back down.
//!
//! Triangles are small, so a few of them are factored at once; many are split at ⌈n/2⌉ as sums are: a function of the grid
//! alone. A block's Q is its own times its rows of the Q of the triangles above it, down from the root. Q and R are two
//! instructions over one operand: whoever comes first makes the factors, with Q's parts only if Q is asked for at all.

use super::{Tiler, sizes};
use crate::data::{DataOp, DataTask};
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst, Op};
use crate::graph::{Arg, BlockId, Piece, TaskOp};
use crate::grid::Grid;

/// Bytes of triangles that are factored at once.
const AT_ONCE: usize = 1 << 20;

/// A factored part of a matrix, or all of it: its triangle, and its own Q in rows of its parts.
#[derive(Clone, Debug)]
pub(super) struct Part {
    r: BlockId,
    /// Rows of the triangle.
    rows: usize,
    q: Option<BlockId>,
    parts: Vec<Part>,
}

/// What all tasks of one factorisation share.
#[derive(Clone, Copy)]
struct Want<'a> {
    name: &'a str,
    dtype: DType,
    columns: usize,
    q: bool,
    loc: Loc,
}

impl Tiler {
    pub(super) fn qr(&mut self, func: &Func, inst: &Inst, q: bool) {
        let out = inst.results[0];
        let (loc, dtype, name) = (func.data(out).loc, func.ty(out).dtype, self.names[out.0 as usize].clone());
        let shape = sizes(func, inst.args[0]);
        let x = self.operand(func, inst.args[0]);
        let rows = self.grid(x).block_shape()[0];
        let x = self.recut(x, &Grid::new(&shape, &[rows, shape[1].max(1)]));
        if !self.factored.contains_key(&x) {
            let both = |i: &Inst| i.args == inst.args && matches!(i.op, Op::Data(DataOp::Qr { q: true }));
            let want = Want { name: &name, dtype, columns: shape[1], q: func.insts.iter().any(both), loc };
            let grid = self.grid(x).clone();
            let leaves: Vec<Part> =
                (0..grid.n_blocks()).map(|i| self.factor(self.block(x, i), grid.block_shape_at(i)[0], vec![], want)).collect();
            let root = self.tree(leaves, want);
            self.factored.insert(x, root);
        }
        let root = self.factored[&x].clone();
        let shape = sizes(func, out);
        if q {
            let id = self.result(func, out, Grid::new(&shape, &[rows, shape[1].max(1)]));
            let mut to: Vec<BlockId> = (0..self.grid(id).n_blocks()).rev().map(|i| self.block(id, i)).collect();
            self.down(&root, None, &mut to, &name, loc);
        } else {
            let id = self.result(func, out, Grid::whole(&shape));
            let made = self.block(id, 0);
            self.piece(root.r, [0, 0], &shape, made, loc);
        }
    }

    /// One QR task.
    fn factor(&mut self, x: BlockId, m: usize, parts: Vec<Part>, want: Want<'_>) -> Part {
        let k = m.min(want.columns);
        let mut outs = Vec::new();
        let q = want.q.then(|| self.between(&format!("{}.q", want.name), want.dtype, &[m, k], want.loc));
        outs.extend(q);
        let r = self.between(&format!("{}.r", want.name), want.dtype, &[k, want.columns], want.loc);
        outs.push(r);
        self.task(TaskOp::Data(DataTask::Qr { q: want.q, r: true }), vec![Arg::Block(x)], outs, want.loc);
        Part { r, rows: k, q, parts }
    }

    /// Triangles joined until one is left.
    fn tree(&mut self, mut parts: Vec<Part>, want: Want<'_>) -> Part {
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let rows: usize = parts.iter().map(|p| p.rows).sum();
        if parts.len() > 2 && rows * want.columns * want.dtype.size() > AT_ONCE {
            let right = parts.split_off(parts.len().div_ceil(2));
            parts = vec![self.tree(parts, want), self.tree(right, want)];
        }
        let rows: usize = parts.iter().map(|p| p.rows).sum();
        let mut at = 0;
        let pieces = parts.iter().enumerate().map(|(arg, part)| {
            at += part.rows;
            let shape = vec![part.rows, want.columns];
            Piece {
                arg: arg as u32,
                src: vec![0, 0],
                dest: vec![at - part.rows, 0],
                shape,
                axes: vec![Some(0), Some(1)],
                step: vec![1, 1],
            }
        });
        let pieces = pieces.collect();
        let stack = self.between(&format!("{}.s", want.name), want.dtype, &[rows, want.columns], want.loc);
        let args = parts.iter().map(|p| Arg::Block(p.r)).collect();
        self.task(TaskOp::Assemble { shape: vec![rows, want.columns], pieces }, args, vec![stack], want.loc);
        self.factor(stack, rows, parts, want)
    }

    /// Makes Q's blocks, the last of `to` first: a part's own Q times its rows of what is above, if there is anything.
    fn down(&mut self, part: &Part, above: Option<BlockId>, to: &mut Vec<BlockId>, name: &str, loc: Loc) {
        let Some(own) = part.q else { return };
        let (m, dtype) = (self.shape_of(own)[0], self.graph.array(self.graph.array_of(own)).dtype);
        let k = self.shape_of(above.unwrap_or(own))[1];
        let leaf = if part.parts.is_empty() { to.pop() } else { None };
        let q = match above {
            None if leaf.is_none() => own,
            Some(_) | None => leaf.unwrap_or_else(|| self.between(&format!("{name}.q"), dtype, &[m, k], loc)),
        };
        match above {
            Some(above) => {
                let op = TaskOp::Matmul { trans_a: false, trans_b: false, symmetric: false };
                self.task(op, vec![Arg::Block(own), Arg::Block(above)], vec![q], loc);
            }
            None if q != own => self.piece(own, [0, 0], &[m, k], q, loc),
            None => {}
        }
        let mut at = 0;
        for below in &part.parts {
            let rows = self.between(&format!("{name}.t"), dtype, &[below.rows, k], loc);
            self.piece(q, [at, 0], &[below.rows, k], rows, loc);
            self.down(below, Some(rows), to, name, loc);
            at += below.rows;
        }
    }

    /// A part of a block, copied.
    fn piece(&mut self, from: BlockId, src: [usize; 2], shape: &[usize], made: BlockId, loc: Loc) {
        let (shape, axes) = (shape.to_vec(), vec![Some(0), Some(1)]);
        let piece = Piece { arg: 0, src: src.to_vec(), dest: vec![0, 0], shape: shape.clone(), axes, step: vec![1, 1] };
        self.task(TaskOp::Assemble { shape, pieces: vec![piece] }, vec![Arg::Block(from)], vec![made], loc);
    }

    fn shape_of(&self, block: BlockId) -> Vec<usize> {
        let array = self.graph.array(self.graph.array_of(block));
        array.grid.block_shape_at((block.0 - array.first.0) as usize)
    }
}
