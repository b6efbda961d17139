//! Tasks that put elements at positions, or add them there.
//!
//! A position may lie in any block of the array, so each block looks at all of them: at some blocks of positions and values after
//! the others, since the last value at a position stays. Additions need no order. Where the array is small beside the positions, as bins are,
//! every step makes a sum of its own, from nothing, and these are joined in a tree: no step waits for another, and the bits
//! follow from the sizes and the cut, as those of every sum.

use super::Tiler;
use super::data::{Places, STEP, STEPS, coarser};
use crate::data::DataTask;
use crate::diag::Loc;
use crate::dtype::{DType, Kind};
use crate::func::{Func, Inst, Scalar};
use crate::graph::{Arg, ArrayId, BlockId, TaskOp};
use crate::grid::Grid;
use crate::ops::ReduceOp;

/// Blocks along an axis into which elements are put: each looks at all positions.
const PARTS: usize = 16;

/// Positions that are looked at for each element of a sum of one step.
const JOINED: usize = 4;

/// An assignment by positions.
struct Put {
    axis: usize,
    count: usize,
    add: bool,
    /// What elements are put into, and its cut.
    x: ArrayId,
    grid: Grid,
    /// Their values, and positions.
    v: ArrayId,
    places: Places,
    /// What is made, cut as `x`.
    id: ArrayId,
    loc: Loc,
}

impl Tiler {
    pub(super) fn put(&mut self, func: &Func, inst: &Inst, axis: usize, count: usize, add: bool) {
        let out = inst.results[0];
        let (loc, dtype) = (func.data(out).loc, func.ty(out).dtype);
        let x = self.operand(func, inst.args[0]);
        let own = self.grid(x).clone();
        let places = self.places(func, &inst.args[2..], 1);
        // Fewer blocks, if looking at positions takes longer than moving the array does.
        let looks = size(&places.grid).saturating_mul(own.parts(axis));
        let grid = if looks > size(&own) { coarser(&own, axis, dtype, PARTS) } else { own.clone() };
        let x = self.recut(x, &grid);
        let target = |of: &dyn Fn(&Grid) -> Vec<usize>| {
            let own = of(&grid);
            [&own[..axis], &of(&places.grid), &own[axis + count..]].concat()
        };
        let target = Grid::new(&target(&|g| g.shape().to_vec()), &target(&|g| g.block_shape().to_vec()));
        let mut v = self.operand(func, inst.args[1]);
        let extra = self.grid(v).rank().saturating_sub(target.rank());
        if extra > 0 {
            let (shape, name) = (self.grid(v).shape()[extra..].to_vec(), self.graph.array(v).name.clone());
            v = self.reshape(v, &shape, &name, loc);
        }
        let v = self.aligned(v, &target);
        let result = self.result(func, out, own.clone());
        let name = format!("{}.t", self.graph.array(result).name);
        let id = if grid == own { result } else { self.array(&name, dtype, grid.clone(), loc) };
        let put = Put { axis, count, add, x, grid, v, places, id, loc };
        let steps = self.steps(&put);
        if add && steps.len() > 1 && size(&put.grid).saturating_mul(steps.len() * JOINED) <= size(&put.places.grid) {
            self.put_sums(&put, &steps, dtype);
        } else {
            self.put_steps(&put, &steps, &name, dtype);
        }
        if id != result {
            self.copy(id, result, loc);
        }
    }

    /// Blocks of positions by the step that looks at them: as in `take`; in more steps, since there are values too.
    fn steps(&self, put: &Put) -> Vec<Vec<usize>> {
        let bytes = |id: ArrayId| self.grid(id).block_shape().iter().product::<usize>() * self.graph.array(id).dtype.size();
        let bytes = bytes(put.v) + put.places.arrays.iter().map(|p| bytes(*p)).sum::<usize>();
        let sources: Vec<usize> = (0..put.places.grid.n_blocks()).collect();
        let by_default = put.places.grid == Grid::default_for(put.places.grid.shape(), DType::I64);
        let each = if by_default { sources.len().div_ceil(2 * STEPS).min(STEP / bytes.max(1)).max(1) } else { 1 };
        sources.chunks(each).map(<[usize]>::to_vec).collect()
    }

    /// The task that puts the elements of a step that fall into block `i` into `into`.
    fn put_step(&mut self, put: &Put, i: usize, into: BlockId, sources: &[usize], made: BlockId) {
        let Put { axis, count, grid, places, .. } = put;
        let at = grid.coords(i);
        let mut args = vec![Arg::Block(into)];
        for s in sources.iter().map(|s| places.grid.coords(*s)) {
            args.push(self.aligned_block(put.v, &[&at[..*axis], &s, &at[axis + count..]].concat()));
            args.extend(places.arrays.iter().map(|p| self.aligned_block(*p, &s)));
        }
        let (sizes, offset) = (grid.shape()[*axis..axis + count].to_vec(), grid.offset_at(i)[*axis..axis + count].to_vec());
        let task = DataTask::Put { axis: *axis, sizes, offset, add: put.add };
        self.task(TaskOp::Data(task), args, vec![made], put.loc);
    }

    /// All blocks take a step before the next one.
    fn put_steps(&mut self, put: &Put, steps: &[Vec<usize>], name: &str, dtype: DType) {
        let mut so_far: Vec<BlockId> = (0..put.grid.n_blocks()).map(|i| self.block(put.x, i)).collect();
        for (step, sources) in steps.iter().enumerate() {
            for (i, so_far) in so_far.iter_mut().enumerate() {
                let shape = put.grid.block_shape_at(i);
                let made =
                    if step + 1 == steps.len() { self.block(put.id, i) } else { self.between(name, dtype, &shape, put.loc) };
                self.put_step(put, i, *so_far, sources, made);
                *so_far = made;
            }
        }
    }

    /// Every step adds to nothing.
    fn put_sums(&mut self, put: &Put, steps: &[Vec<usize>], dtype: DType) {
        // What changes no number when it is added, -0.0 neither.
        let zero = match dtype.kind() {
            Kind::Bool => Scalar::Bool(false),
            Kind::Int => Scalar::Int(0),
            Kind::Float => Scalar::Float(-0.0),
            Kind::Complex => Scalar::Complex(-0.0, -0.0),
        };
        let value = self.between("nothing", dtype, &[], put.loc);
        self.task(TaskOp::Const { value: zero, dtype }, vec![], vec![value], put.loc);
        let join = if dtype == DType::Bool { ReduceOp::Any } else { ReduceOp::Sum };
        for i in 0..put.grid.n_blocks() {
            let shape = put.grid.block_shape_at(i);
            let none = self.between("nothing", dtype, &shape, put.loc);
            self.task(TaskOp::Fill { shape: shape.clone(), dtype }, vec![Arg::Block(value)], vec![none], put.loc);
            let mut sums = vec![self.block(put.x, i)];
            for sources in steps {
                let made = self.between("sum", dtype, &shape, put.loc);
                self.put_step(put, i, none, sources, made);
                sums.push(made);
            }
            let made = self.block(put.id, i);
            self.combine(join, &sums, made, put.loc);
        }
    }
}

/// Elements of an array that is cut so.
fn size(grid: &Grid) -> usize {
    grid.shape().iter().product()
}
