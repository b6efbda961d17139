//! Tasks that put the element of one place of an order there, with none larger before it and none smaller behind it.
//!
//! Lines that lie in one block are partitioned there. Over blocks the element is selected first (`select`), then every block is split
//! by it: elements below, equal, above. An exchange of two blocks leaves as many as it can hold of the lowest in the first one. After
//! exchanges of every block before the place with every block behind it, either no block before holds an element from above, or all
//! behind hold no others; then those before with the block of the place, then that one with those behind: each block has what a
//! sort would give it. Exchanges of blocks that have nothing to exchange touch nothing, so that few elements move more than once.

use super::Tiler;
use super::data::coarser;
use super::integer;
use crate::data::DataTask;
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst, Scalar, Size};
use crate::graph::{Arg, ArrayId, BlockId, TaskOp};
use crate::grid::Grid;

/// Blocks that exchange, likewise for a `sort` and a `put`: their number grows with its square.
const PARTS: usize = 16;

impl Tiler {
    pub(super) fn partition(&mut self, func: &Func, inst: &Inst, axis: usize, k: &Size) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let x = self.operand(func, inst.args[0]);
        let (own, k) = (self.grid(x).clone(), integer(k));
        if own.parts(axis) > 1 && own.rank() > 1 {
            // Each line has an element of its own there.
            return self.sort(func, inst, axis, false);
        }
        let place = self.between("place", DType::I64, &[], loc);
        self.task(TaskOp::Const { value: Scalar::Int(i128::from(k)), dtype: DType::I64 }, vec![], vec![place], loc);
        let result = self.result(func, out, own.clone());
        if own.parts(axis) == 1 {
            for i in 0..own.n_blocks() {
                let (from, made) = (self.block(x, i), self.block(result, i));
                let args = vec![Arg::Block(from), Arg::Block(place)];
                self.task(TaskOp::Data(DataTask::Partition { axis }), args, vec![made], loc);
            }
            return;
        }
        let dtype = self.graph.array(x).dtype;
        let pivot = self.between("pivot", dtype, &[1], loc);
        self.chosen(x, vec![Arg::Block(place)], 1, false, pivot, loc);
        let grid = coarser(&own, 0, dtype, PARTS);
        let id = if grid == own { result } else { self.array("parts", dtype, grid.clone(), loc) };
        let parts = self.split_by(x, &grid, pivot, loc);
        let n = grid.shape()[0];
        let k = if k < 0 { n.saturating_sub(k.unsigned_abs() as usize) } else { k as usize };
        self.exchange(parts, id, k.min(n - 1) / grid.block_shape()[0], pivot, loc);
        if id != result {
            self.copy(id, result, loc);
        }
    }

    /// The elements of `x` in blocks of the grid, whole blocks of `x` together, each split by the pivot.
    fn split_by(&mut self, x: ArrayId, grid: &Grid, pivot: BlockId, loc: Loc) -> Vec<BlockId> {
        let together = grid.block_shape()[0] / self.grid(x).block_shape()[0];
        let mut parts = Vec::with_capacity(grid.n_blocks());
        for i in 0..grid.n_blocks() {
            let own = i * together..self.grid(x).n_blocks().min((i + 1) * together);
            let args = own.map(|i| self.block(x, i)).chain([pivot]).map(Arg::Block).collect();
            let made = self.between("split", self.graph.array(x).dtype, &grid.block_shape_at(i), loc);
            self.task(TaskOp::Data(DataTask::Split {}), args, vec![made], loc);
            parts.push(made);
        }
        parts
    }

    /// Exchanges of split blocks, until those before `middle` hold the lowest and those behind it the highest.
    fn exchange(&mut self, mut parts: Vec<BlockId>, id: ArrayId, middle: usize, pivot: BlockId, loc: Loc) {
        let (low, high) = (middle, parts.len() - middle - 1);
        // No two exchanges of a turn have a block in common, if there are as many before as behind.
        let turn = |turn: usize| (0..low).map(move |i| (i, middle + 1 + (i + turn) % high));
        let mut pairs: Vec<(usize, usize)> = (0..high).flat_map(turn).collect();
        pairs.extend((0..low).map(|i| (i, middle)).chain((0..high).map(|j| (middle, middle + 1 + j))));
        let last: Vec<Option<usize>> =
            (0..parts.len()).map(|part| pairs.iter().rposition(|(a, b)| *a == part || *b == part)).collect();
        for (number, (a, b)) in pairs.into_iter().enumerate() {
            let args = [parts[a], parts[b], pivot].map(Arg::Block).to_vec();
            for part in [a, b] {
                let own = self.block(id, part);
                let array = self.graph.array(id);
                let (dtype, shape) = (array.dtype, array.grid.block_shape_at(part));
                parts[part] = if last[part] == Some(number) { own } else { self.between("split", dtype, &shape, loc) };
            }
            self.task(TaskOp::Data(DataTask::Exchange {}), args, vec![parts[a], parts[b]], loc);
        }
    }
}
