//! Tasks of the operators of `data`: chains over blocks where any block may hold what is looked for, networks for sorts.
//!
//! What is taken or put may lie in any block, which only the data says. A block of the result is therefore made step by step,
//! one step for each block that may have a part in it (for a few of them where elements are taken), so that a task never needs many of
//! these blocks at a time; all blocks take a step before the next one, so that no node holds more than a few blocks of others.
//! A sort along a cut axis is Batcher's network: every comparator merges two sorted blocks into a lower and an upper one.

use super::{Tiler, sizes};
use crate::data::{DataOp, DataTask};
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst, Scalar, Value};
use crate::graph::{Arg, ArrayId, BlockId, TaskOp};
use crate::grid::{BLOCK, Grid};
use crate::network::network;
use crate::ops::ReduceOp;

/// Bytes that a block of what is taken may have.
const LIMIT: usize = 64 << 20;

/// Steps in which elements are taken, since every step looks at all positions; more where the blocks of one would have so many bytes.
pub(super) const STEPS: usize = 16;
pub(super) const STEP: usize = 32 << 20;

/// Blocks along an axis that a sort merges, if they do not become too large: what a network does to each element grows with the
/// square of the logarithm of their number.
const LANES: usize = 64;

/// Positions of a `take` or `put`, cut alike.
pub(super) struct Places {
    pub(super) arrays: Vec<ArrayId>,
    /// The cut of their common shape.
    pub(super) grid: Grid,
}

impl Tiler {
    pub(super) fn data(&mut self, func: &Func, inst: &Inst, op: &DataOp) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        match op {
            DataOp::Take { axis, count } => self.take(func, inst, *axis, *count),
            DataOp::Put { .. } if self.put_box(func, inst) => {}
            DataOp::Put { axis, count, add } => self.put(func, inst, *axis, *count, *add),
            DataOp::Sort { axis, index } => self.sort(func, inst, *axis, *index),
            DataOp::Partition { axis, k } => self.partition(func, inst, *axis, k),
            DataOp::Scan { op, axis } => self.scan(func, inst, *op, *axis),
            DataOp::ArgBest { op, axis } => {
                let task = |offset| DataTask::ArgBest { op: *op, axis: *axis, offset };
                self.tournament(func, inst, *axis, &task, &DataTask::ArgJoin { op: *op });
            }
            DataOp::Top { axis, .. } => {
                let (axis, k) = (*axis, sizes(func, out)[*axis]);
                let task = |offset| DataTask::Top { axis, offset, k };
                self.tournament(func, inst, axis, &task, &DataTask::TopJoin { axis, k });
            }
            DataOp::Check { rule } => {
                let w = self.operand(func, inst.args[0]);
                let grid = self.grid(w).clone();
                let id = self.result(func, out, grid.clone());
                for i in 0..grid.n_blocks() {
                    let (from, to) = (self.block(w, i), self.block(id, i));
                    self.task(TaskOp::Data(DataTask::Check { rule: *rule }), vec![Arg::Block(from)], vec![to], loc);
                }
            }
            DataOp::Select { nan } => self.select(func, inst, *nan),
            DataOp::Search { right } => self.search(func, inst, *right),
            DataOp::Positions { .. } => self.positions(func, inst),
            DataOp::Qr { q } => self.qr(func, inst, *q),
            DataOp::Random { dist, stream, .. } => {
                let (dtype, whole) = (func.ty(out).dtype, sizes(func, out));
                let grid = Grid::default_for(&whole, dtype);
                let id = self.result(func, out, grid.clone());
                // Parameters with the shape of the result, cut as it is.
                let arrays: Vec<Option<ArrayId>> = inst
                    .args
                    .iter()
                    .map(|a| (func.ty(*a).rank() != Some(0)).then(|| self.operand(func, *a)).map(|x| self.recut(x, &grid)))
                    .collect();
                for i in 0..grid.n_blocks() {
                    let args = inst.args.iter().zip(&arrays).map(|(a, array)| match array {
                        Some(array) => Arg::Block(self.block(*array, i)),
                        None => self.scalar_arg(*a),
                    });
                    let args: Vec<Arg> = args.collect();
                    let (offset, shape) = (grid.offset_at(i), grid.block_shape_at(i));
                    let task = DataTask::Random { dist: *dist, stream: *stream, whole: whole.clone(), offset, shape, dtype };
                    let block = self.block(id, i);
                    self.task(TaskOp::Data(task), args, vec![block], loc);
                }
            }
        }
    }

    /// A whole array for one block that a task makes on the way.
    pub(super) fn between(&mut self, name: &str, dtype: DType, shape: &[usize], loc: Loc) -> BlockId {
        let id = self.array(name, dtype, Grid::whole(shape), loc);
        self.block(id, 0)
    }

    /// The position operands, cut as the one with most elements along each axis.
    pub(super) fn places(&mut self, func: &Func, values: &[Value], row: usize) -> Places {
        let arrays: Vec<ArrayId> = values.iter().map(|v| self.operand(func, *v)).collect();
        let rank = arrays.iter().map(|a| self.grid(*a).rank()).max().unwrap_or(0);
        let (mut shape, mut block) = (vec![1; rank], vec![1; rank]);
        for id in &arrays {
            let grid = self.grid(*id);
            let lead = rank - grid.rank();
            for a in 0..grid.rank() {
                if grid.shape()[a] != 1 {
                    (shape[lead + a], block[lead + a]) = (grid.shape()[a], grid.block_shape()[a]);
                }
            }
        }
        // A row of what is taken may be much longer than its position.
        while block.iter().product::<usize>().saturating_mul(row) > LIMIT {
            let Some(axis) = (0..rank).max_by_key(|a| block[*a]).filter(|a| block[*a] > 1) else { break };
            block[axis] = block[axis].div_ceil(2);
        }
        let grid = Grid::new(&shape, &block);
        let arrays = arrays.iter().map(|id| self.aligned(*id, &grid)).collect();
        Places { arrays, grid }
    }

    /// An array cut as the last axes of `to`, axes of size 1 whole.
    pub(super) fn aligned(&mut self, id: ArrayId, to: &Grid) -> ArrayId {
        let own = self.grid(id).shape().to_vec();
        let lead = to.rank() - own.len();
        let cut: Vec<usize> = own.iter().enumerate().map(|(a, n)| if *n == 1 { 1 } else { to.block_shape()[lead + a] }).collect();
        self.recut(id, &Grid::new(&own, &cut))
    }

    /// The block of an aligned array at coordinates of the longer grid.
    pub(super) fn aligned_block(&self, id: ArrayId, coords: &[usize]) -> Arg {
        let grid = self.grid(id);
        let lead = coords.len() - grid.rank();
        let at: Vec<usize> = (0..grid.rank()).map(|a| if grid.parts(a) == 1 { 0 } else { coords[lead + a] }).collect();
        Arg::Block(self.block(id, grid.index(&at)))
    }

    fn take(&mut self, func: &Func, inst: &Inst, axis: usize, count: usize) {
        let out = inst.results[0];
        let (loc, dtype) = (func.data(out).loc, func.ty(out).dtype);
        let x = self.operand(func, inst.args[0]);
        let from = self.grid(x).clone();
        let rest: usize = from.block_shape()[..axis].iter().chain(&from.block_shape()[axis + count..]).product();
        let places = self.places(func, &inst.args[1..], rest * dtype.size());
        let (lead, middle) = (axis, places.grid.rank());
        let cut = [&from.block_shape()[..axis], places.grid.block_shape(), &from.block_shape()[axis + count..]].concat();
        let to = Grid::new(&sizes(func, out), &cut);
        let id = self.result(func, out, to.clone());
        let name = format!("{}.t", self.graph.array(id).name);
        let taken = from.shape()[axis..axis + count].to_vec();
        let along: Vec<usize> = (axis..axis + count).map(|a| from.parts(a)).collect();
        let sources: usize = along.iter().product();
        let bytes = from.block_shape().iter().product::<usize>() * dtype.size();
        let each = sources.div_ceil(STEPS).min(STEP / bytes.max(1)).max(1);
        let steps = sources.div_ceil(each).max(1);
        // Some blocks of `x` after the others, so that a node that lacks them holds them for one step only.
        let mut so_far: Vec<Option<BlockId>> = vec![None; to.n_blocks()];
        for step in 0..steps {
            for (i, so_far) in so_far.iter_mut().enumerate() {
                let (at, shape) = (to.coords(i), to.block_shape_at(i));
                let made = if step + 1 == steps { self.block(id, i) } else { self.between(&name, dtype, &shape, loc) };
                let mut args: Vec<Arg> = so_far.map(Arg::Block).into_iter().collect();
                let mut offset = Vec::with_capacity(each * count);
                for source in step * each..sources.min((step + 1) * each) {
                    let coords = [&at[..lead], &unravel(source, &along), &at[lead + middle..]].concat();
                    let source = from.index(&coords);
                    offset.extend_from_slice(&from.offset_at(source)[axis..axis + count]);
                    args.push(Arg::Block(self.block(x, source)));
                }
                let indices = places.arrays.iter().map(|p| self.aligned_block(*p, &at[lead..lead + middle]));
                args.extend(indices);
                let task = DataTask::Take { axis, sizes: taken.clone(), offset, shape, first: step == 0 };
                self.task(TaskOp::Data(task), args, vec![made], loc);
                *so_far = Some(made);
            }
        }
    }

    pub(super) fn sort(&mut self, func: &Func, inst: &Inst, axis: usize, index: bool) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let x = self.operand(func, inst.args[0]);
        let (own, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let result = self.result(func, out, own.clone());
        let grid = coarser(&own, axis, dtype, LANES);
        let (x, id) = (
            self.recut(x, &grid),
            if grid == own { result } else { self.array("sorted", self.graph.array(result).dtype, grid.clone(), loc) },
        );
        self.sort_lanes(x, id, axis, index, loc);
        if id != result {
            self.copy(id, result, loc);
        }
    }

    /// `id` is `x` sorted, or the positions of that, cut as `x`.
    fn sort_lanes(&mut self, x: ArrayId, id: ArrayId, axis: usize, index: bool, loc: Loc) {
        let (grid, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let lanes = grid.parts(axis);
        if lanes == 1 {
            for i in 0..grid.n_blocks() {
                let (arg, made) = (Arg::Block(self.block(x, i)), self.block(id, i));
                let task = DataTask::Sort { axis, offset: 0, values: !index, index };
                self.task(TaskOp::Data(task), vec![arg], vec![made], loc);
            }
            return;
        }
        let network = network(lanes);
        // The comparator that is a lane's last makes the block of the result.
        let last: Vec<usize> = (0..lanes).map(|l| network.iter().rposition(|(a, b)| *a == l || *b == l).unwrap_or(0)).collect();
        for line in lines(&grid, axis) {
            let shape_at = |lane: usize| grid.block_shape_at(line[lane]);
            let mut values: Vec<BlockId> = Vec::new();
            let mut places: Vec<BlockId> = Vec::new();
            for lane in 0..lanes {
                let i = line[lane];
                let task = DataTask::Sort { axis, offset: grid.offset_at(i)[axis], values: true, index };
                values.push(self.between("sorted", dtype, &shape_at(lane), loc));
                let mut outs = vec![values[lane]];
                if index {
                    places.push(self.between("places", DType::I64, &shape_at(lane), loc));
                    outs.push(places[lane]);
                }
                let arg = Arg::Block(self.block(x, i));
                self.task(TaskOp::Data(task), vec![arg], outs, loc);
            }
            for (k, (a, b)) in network.iter().copied().enumerate() {
                let mut args = Vec::new();
                for lane in [a, b] {
                    args.push(Arg::Block(values[lane]));
                    if index {
                        args.push(Arg::Block(places[lane]));
                    }
                }
                let mut outs = Vec::new();
                for lane in [a, b] {
                    let shape = shape_at(lane);
                    let done = last[lane] == k;
                    let own = self.block(id, line[lane]);
                    values[lane] = if done && !index { own } else { self.between("sorted", dtype, &shape, loc) };
                    outs.push(values[lane]);
                    if index {
                        places[lane] = if done { own } else { self.between("places", DType::I64, &shape, loc) };
                        outs.push(places[lane]);
                    }
                }
                self.task(TaskOp::Data(DataTask::Merge { axis, index }), args, outs, loc);
            }
        }
    }

    /// Totals of the blocks first, then carries, then running results from the carries on.
    fn scan(&mut self, func: &Func, inst: &Inst, op: ReduceOp, axis: usize) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let x = self.operand(func, inst.args[0]);
        let (grid, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let id = self.result(func, out, grid.clone());
        for line in lines(&grid, axis) {
            let mut carry: Option<BlockId> = None;
            for i in line.iter().copied() {
                let own = Arg::Block(self.block(x, i));
                let made = self.block(id, i);
                let args = carry.map(Arg::Block).into_iter().chain([own]).collect();
                self.task(TaskOp::Data(DataTask::Scan { op, axis }), args, vec![made], loc);
                if Some(&i) == line.last() {
                    break;
                }
                let mut shape = grid.block_shape_at(i);
                shape[axis] = 1;
                let total = self.between("total", dtype, &shape, loc);
                self.task(TaskOp::Data(DataTask::Total { op, axis }), vec![own], vec![total], loc);
                carry = Some(match carry {
                    None => total,
                    Some(before) => {
                        let sum = self.between("carry", dtype, &shape, loc);
                        self.task(TaskOp::Combine(op), vec![Arg::Block(before), Arg::Block(total)], vec![sum], loc);
                        sum
                    }
                });
            }
        }
    }

    /// Values and positions of each block's best along an axis, then of two blocks' best, up to those of all, whose positions are
    /// the result. `best` is the task of a block at a place of the axis.
    fn tournament(&mut self, func: &Func, inst: &Inst, axis: usize, best: &dyn Fn(usize) -> DataTask, join: &DataTask) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let x = self.operand(func, inst.args[0]);
        let (grid, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let shape = sizes(func, out);
        let kept = shape[axis];
        let mut cut = grid.block_shape().to_vec();
        cut[axis] = kept.max(1);
        let to = Grid::new(&shape, &cut);
        let id = self.result(func, out, to.clone());
        for target in 0..to.n_blocks() {
            let mut shape = to.block_shape_at(target);
            // Value, position, and how many of them.
            let mut level: Vec<(BlockId, BlockId, usize)> = Vec::new();
            for lane in 0..grid.parts(axis) {
                let mut at = to.coords(target);
                at[axis] = lane;
                let i = grid.index(&at);
                let n = kept.min(grid.block_shape_at(i)[axis]);
                shape[axis] = n;
                let value = self.between("best", dtype, &shape, loc);
                let place =
                    if grid.parts(axis) == 1 { self.block(id, target) } else { self.between("place", DType::I64, &shape, loc) };
                let arg = Arg::Block(self.block(x, i));
                self.task(TaskOp::Data(best(grid.offset_at(i)[axis])), vec![arg], vec![value, place], loc);
                level.push((value, place, n));
            }
            while level.len() > 1 {
                let mut next = Vec::new();
                for pair in level.chunks(2) {
                    let &[a, b] = pair else {
                        next.extend(pair);
                        continue;
                    };
                    let n = kept.min(a.2 + b.2);
                    shape[axis] = n;
                    let value = self.between("best", dtype, &shape, loc);
                    let place =
                        if level.len() == 2 { self.block(id, target) } else { self.between("place", DType::I64, &shape, loc) };
                    let args = [a.0, a.1, b.0, b.1].map(Arg::Block).to_vec();
                    self.task(TaskOp::Data(join.clone()), args, vec![value, place], loc);
                    next.push((value, place, n));
                }
                level = next;
            }
        }
    }

    /// The number of smaller elements is the sum over the blocks of the sorted array, block by block of that.
    fn search(&mut self, func: &Func, inst: &Inst, right: bool) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let (a, v) = (self.operand(func, inst.args[0]), self.operand(func, inst.args[1]));
        let (parts, grid) = (self.grid(a).n_blocks(), self.grid(v).clone());
        let id = self.result(func, out, grid.clone());
        let mut so_far: Vec<Option<BlockId>> = vec![None; grid.n_blocks()];
        for part in 0..parts {
            for (i, so_far) in so_far.iter_mut().enumerate() {
                let shape = grid.block_shape_at(i);
                let count = if parts == 1 { self.block(id, i) } else { self.between("before", DType::I64, &shape, loc) };
                let args = vec![Arg::Block(self.block(a, part)), Arg::Block(self.block(v, i))];
                self.task(TaskOp::Data(DataTask::Search { right }), args, vec![count], loc);
                *so_far = Some(match *so_far {
                    None => count,
                    Some(before) => {
                        let sum =
                            if part + 1 == parts { self.block(id, i) } else { self.between("before", DType::I64, &shape, loc) };
                        self.task(TaskOp::Combine(ReduceOp::Sum), vec![Arg::Block(before), Arg::Block(count)], vec![sum], loc);
                        sum
                    }
                });
            }
        }
    }

    fn positions(&mut self, func: &Func, inst: &Inst) {
        let out = inst.results[0];
        let loc = func.data(out).loc;
        let m = self.operand(func, inst.args[0]);
        let (from, to) = (self.grid(m).clone(), Grid::default_for(&sizes(func, out), DType::I64));
        let id = self.result(func, out, to.clone());
        // How many are true before each block.
        let mut before = vec![self.between("before", DType::I64, &[], loc)];
        self.task(TaskOp::Const { value: Scalar::Int(0), dtype: DType::I64 }, vec![], vec![before[0]], loc);
        for part in 1..from.n_blocks() {
            let (count, sum) = (self.between("count", DType::I64, &[], loc), self.between("before", DType::I64, &[], loc));
            let arg = Arg::Block(self.block(m, part - 1));
            self.task(TaskOp::Data(DataTask::Count {}), vec![arg], vec![count], loc);
            self.task(TaskOp::Combine(ReduceOp::Sum), vec![Arg::Block(before[part - 1]), Arg::Block(count)], vec![sum], loc);
            before.push(sum);
        }
        let mut so_far: Vec<Option<BlockId>> = vec![None; to.n_blocks()];
        for (part, sum) in before.iter().enumerate() {
            for (i, so_far) in so_far.iter_mut().enumerate() {
                let (low, len) = (to.offset_at(i)[0], to.block_shape_at(i)[0]);
                let made =
                    if part + 1 == before.len() { self.block(id, i) } else { self.between("found", DType::I64, &[len], loc) };
                let task = DataTask::Positions { offset: from.offset_at(part)[0], low, len, first: part == 0 };
                let mut args: Vec<Arg> = so_far.map(Arg::Block).into_iter().collect();
                args.extend([Arg::Block(*sum), Arg::Block(self.block(m, part))]);
                self.task(TaskOp::Data(task), args, vec![made], loc);
                *so_far = Some(made);
            }
        }
    }
}

/// The default cut with whole blocks joined along an axis, so that they are about as many as wanted and have no more bytes than
/// default blocks may. Another cut stays: who chose small blocks may not have room for larger ones.
pub(super) fn coarser(grid: &Grid, axis: usize, dtype: DType, wanted: usize) -> Grid {
    if *grid != Grid::default_for(grid.shape(), dtype) {
        return grid.clone();
    }
    let mut block = grid.block_shape().to_vec();
    let bytes = block.iter().product::<usize>() * dtype.size();
    block[axis] *= (grid.parts(axis) / wanted).min(BLOCK / bytes.max(1)).max(1);
    Grid::new(grid.shape(), &block)
}

/// The blocks along an axis, for every place of the other axes.
fn lines(grid: &Grid, axis: usize) -> Vec<Vec<usize>> {
    let firsts = (0..grid.n_blocks()).map(|i| grid.coords(i)).filter(|at| at[axis] == 0);
    let line = |at: Vec<usize>| {
        let along = |lane| [&at[..axis], &[lane], &at[axis + 1..]].concat();
        (0..grid.parts(axis)).map(|lane| grid.index(&along(lane))).collect()
    };
    firsts.map(line).collect()
}

/// Coordinates of a C-order number.
fn unravel(mut i: usize, dims: &[usize]) -> Vec<usize> {
    let mut at = vec![0; dims.len()];
    for a in (0..dims.len()).rev() {
        (at[a], i) = (i % dims[a], i / dims[a]);
    }
    at
}
