//! Tasks that select the elements at certain places of an order, without sorting.
//!
//! Every element has a key, an unsigned integer that orders as the elements do. Digit by digit, from the highest one, the blocks
//! count how many of their elements have the digits that are known, by the next one; the sum of these counts says the next
//! digit. After the last one the key is known, and with it the element: exactly, for any cut, and no task waits for the driver
//! or needs room that the data decides.

use super::{Tiler, sizes};
use crate::data::{DataTask, digit, digits};
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst};
use crate::graph::{Arg, ArrayId, BlockId, TaskOp};
use crate::grid::Grid;
use crate::ops::ReduceOp;

/// Positions whose counts one task makes: the counts of more would outgrow the blocks.
const TOGETHER: usize = 16;

impl Tiler {
    pub(super) fn select(&mut self, func: &Func, inst: &Inst, nan: bool) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let x = self.operand(func, inst.args[0]);
        let mut places = Vec::new();
        for k in &inst.args[1..] {
            let id = self.operand(func, *k);
            let whole = self.recut(id, &Grid::whole(&sizes(func, *k)));
            places.push(Arg::Block(self.block(whole, 0)));
        }
        let shape = sizes(func, out);
        let id = self.result(func, out, Grid::whole(&shape));
        let made = self.block(id, 0);
        self.chosen(x, places, shape[0], nan, made, loc);
    }

    /// The elements at so many places, which some blocks list.
    pub(super) fn chosen(&mut self, x: ArrayId, places: Vec<Arg>, wanted: usize, nan: bool, made: BlockId, loc: Loc) {
        let (grid, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let size = grid.shape()[0];
        if grid.n_blocks() == 1 {
            let args = [Arg::Block(self.block(x, 0))].into_iter().chain(places).collect();
            self.task(TaskOp::Data(DataTask::Select { nan }), args, vec![made], loc);
            return;
        }
        let first = self.tally(x, 0, None, 1, loc);
        let mut keys = Vec::new();
        for low in (0..wanted).step_by(TOGETHER) {
            let len = TOGETHER.min(wanted - low);
            let mut known = self.between("ranks", DType::U64, &[len, 2], loc);
            self.task(TaskOp::Data(DataTask::Ranks { low, len, size }), places.clone(), vec![known], loc);
            for digit in 0..digits(dtype) {
                let counts = if digit == 0 { first } else { self.tally(x, digit, Some(known), len, loc) };
                let next = self.between("known", DType::U64, &[len, 2], loc);
                let args = vec![Arg::Block(counts), Arg::Block(known)];
                self.task(TaskOp::Data(DataTask::Narrow {}), args, vec![next], loc);
                known = next;
            }
            keys.push(Arg::Block(known));
        }
        self.task(TaskOp::Data(DataTask::Elements { dtype }), keys, vec![made], loc);
    }

    /// The counts of all blocks, by the next digit: for each of what is known, or for all elements.
    fn tally(&mut self, x: ArrayId, number: usize, known: Option<BlockId>, rows: usize, loc: Loc) -> BlockId {
        let bits = digit(self.graph.array(x).dtype, number).map_or(0, |(_, bits)| bits);
        let shape = [rows, 1 << bits];
        let mut counts = Vec::new();
        for i in 0..self.grid(x).n_blocks() {
            counts.push(self.between("tally", DType::I64, &shape, loc));
            let args = [Some(self.block(x, i)), known].into_iter().flatten().map(Arg::Block).collect();
            self.task(TaskOp::Data(DataTask::Tally { digit: number }), args, vec![counts[i]], loc);
        }
        let total = self.between("tally", DType::I64, &shape, loc);
        self.combine(ReduceOp::Sum, &counts, total, loc);
        total
    }
}
