//! QR of a matrix cut by rows: each block by itself, then their triangles under each other, in a tree, and Q back down.
//!
//! Triangles are small, so a few of them are factored at once; many are split at ⌈n/2⌉ as sums are: a function of the grid
//! alone. No block has a Q of its own: its factors are kept, and its rows of Q are made of them and of its rows of the Q of the
//! triangles above it, down from the root. Q and R are two instructions over one operand: whoever comes first factors, and
//! keeps the factors only if Q is asked for at all.

use super::{Tiler, sizes};
use crate::data::{DataOp, DataTask};
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst, Op};
use crate::graph::{Arg, BlockId, Piece, TaskOp};
use crate::grid::Grid;
use crate::reflections::Cut;

/// Bytes of triangles that are factored at once.
const AT_ONCE: usize = 1 << 20;

/// A factored part of a matrix, or all of it: its triangle, and the factors of which its rows of Q are made.
#[derive(Clone, Debug)]
pub(super) struct Part {
    r: BlockId,
    cut: Cut,
    kept: Option<BlockId>,
    /// Those whose triangles were factored, if any were.
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
        let cut = Cut { m, n: want.columns };
        let kept = want.q.then(|| self.between(&format!("{}.q", want.name), want.dtype, &[cut.len()], want.loc));
        let r = self.between(&format!("{}.r", want.name), want.dtype, &[cut.k(), want.columns], want.loc);
        let op = TaskOp::Data(DataTask::Qr { keep: want.q, joined: !parts.is_empty() });
        self.task(op, vec![Arg::Block(x)], kept.into_iter().chain([r]).collect(), want.loc);
        Part { r, cut, kept, parts }
    }

    /// Triangles joined until one is left.
    fn tree(&mut self, mut parts: Vec<Part>, want: Want<'_>) -> Part {
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let rows: usize = parts.iter().map(|p| p.cut.k()).sum();
        if parts.len() > 2 && rows * want.columns * want.dtype.size() > AT_ONCE {
            let right = parts.split_off(parts.len().div_ceil(2));
            parts = vec![self.tree(parts, want), self.tree(right, want)];
        }
        let rows: usize = parts.iter().map(|p| p.cut.k()).sum();
        let mut at = 0;
        let pieces = parts.iter().enumerate().map(|(arg, part)| {
            at += part.cut.k();
            let shape = vec![part.cut.k(), want.columns];
            Piece {
                arg: arg as u32,
                src: vec![0, 0],
                dest: vec![at - part.cut.k(), 0],
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

    /// Makes Q's blocks, the last of `to` first, of a part's factors and its rows of what is above, if there is anything.
    fn down(&mut self, part: &Part, above: Option<BlockId>, to: &mut Vec<BlockId>, name: &str, loc: Loc) {
        let Some(kept) = part.kept else { return };
        let (Cut { m, n }, dtype) = (part.cut, self.graph.array(self.graph.array_of(kept)).dtype);
        let k = above.map_or(part.cut.k(), |above| self.shape_of(above)[1]);
        let leaf = if part.parts.is_empty() { to.pop() } else { None };
        let q = leaf.unwrap_or_else(|| self.between(&format!("{name}.q"), dtype, &[m, k], loc));
        let op = TaskOp::Data(DataTask::Orthogonal { rows: m, columns: n, joined: !part.parts.is_empty() });
        self.task(op, [kept].into_iter().chain(above).map(Arg::Block).collect(), vec![q], loc);
        let mut at = 0;
        for below in &part.parts {
            let rows = self.between(&format!("{name}.t"), dtype, &[below.cut.k(), k], loc);
            self.piece(q, [at, 0], &[below.cut.k(), k], rows, loc);
            self.down(below, Some(rows), to, name, loc);
            at += below.cut.k();
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
