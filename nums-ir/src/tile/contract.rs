//! Contractions over blocks: one task for every block of the result and of the summed indices, then a tree of sums.
//!
//! An index is cut as in the largest operand that has it. An operand with larger blocks gives a window of a block, so that
//! nothing is cut anew where cuts are nested. All pairs of a contraction are one task's where no block of an intermediate
//! result is then computed twice; otherwise that intermediate result becomes an array.

use super::{Handle, Tiler, sizes};
use crate::contraction::{Contraction, Index, Step};
use crate::diag::Loc;
use crate::dtype::DType;
use crate::func::{Func, Inst};
use crate::graph::{Arg, ArrayId, ContractTask, TaskOp, Window};
use crate::grid::{BLOCK, Grid};
use crate::ops::ReduceOp;
use std::collections::BTreeMap;

/// Size and block size of every index.
type Cuts = BTreeMap<Index, (usize, usize)>;

impl Tiler {
    pub(super) fn contract(&mut self, func: &Func, inst: &Inst, spec: &Contraction) {
        let out = inst.results[0];
        let (loc, dtype) = (func.data(out).loc, func.ty(out).dtype);
        let name = self.names[out.0 as usize].clone();
        let mut spec = spec.clone();
        let mut arrays: Vec<ArrayId> = inst.args.iter().map(|a| self.operand(func, *a)).collect();
        // Each turn makes one operand of two or more.
        loop {
            let cuts = self.cuts(&spec, &arrays, dtype);
            let order = spec.order(&|i| cuts[&i].0);
            let steps = spec.steps(&order).unwrap_or_default();
            let Some(step) = steps.iter().take(steps.len().saturating_sub(1)).find(|s| repeats(s, &spec, &cuts)) else {
                let id = self.contract_tasks(&spec, order, &arrays, &cuts, (&name, dtype, loc));
                debug_assert_eq!(self.grid(id).shape(), sizes(func, out));
                self.handles.insert(out, Handle::Array(id));
                return;
            };
            let (inner, outer) = spec.split(step);
            let own: Vec<ArrayId> = step.leaves.iter().map(|k| arrays[*k]).collect();
            let cuts = self.cuts(&inner, &own, dtype);
            let order = inner.order(&|i| cuts[&i].0);
            let made = self.contract_tasks(&inner, order, &own, &cuts, (&format!("{name}.t"), dtype, loc));
            let rest = (0..arrays.len()).filter(|k| !step.leaves.contains(k)).map(|k| arrays[k]);
            arrays = std::iter::once(made).chain(rest).collect();
            spec = outer;
        }
    }

    /// How every index is cut: as in the largest operand that has it, and finer where a block of the result would be too large.
    fn cuts(&self, spec: &Contraction, arrays: &[ArrayId], dtype: DType) -> Cuts {
        let mut by_size: Vec<(&Vec<Index>, &Grid)> = spec.operands.iter().zip(arrays.iter().map(|a| self.grid(*a))).collect();
        by_size.sort_by_key(|(_, g)| std::cmp::Reverse(g.shape().iter().product::<usize>()));
        let mut cuts = Cuts::new();
        for (set, grid) in by_size {
            for (axis, i) in set.iter().enumerate() {
                cuts.entry(*i).or_insert((grid.shape()[axis], grid.block_shape()[axis]));
            }
        }
        let block = |cuts: &Cuts| spec.result.iter().map(|i| cuts[i].1).fold(dtype.size(), usize::saturating_mul);
        while block(&cuts) > BLOCK {
            let longest = spec.result.iter().rev().max_by_key(|i| cuts[i].1).filter(|i| cuts[i].1 > 1);
            let Some(cut) = longest.and_then(|i| cuts.get_mut(i)) else { break };
            cut.1 = cut.1.div_ceil(2);
        }
        cuts
    }

    fn contract_tasks(
        &mut self,
        spec: &Contraction,
        order: Vec<[usize; 2]>,
        arrays: &[ArrayId],
        cuts: &Cuts,
        (name, dtype, loc): (&str, DType, Loc),
    ) -> ArrayId {
        let grid = |set: &[Index]| {
            let of = |part: fn(&(usize, usize)) -> usize| set.iter().map(|i| part(&cuts[i])).collect::<Vec<_>>();
            Grid::new(&of(|c| c.0), &of(|c| c.1))
        };
        let arrays: Vec<ArrayId> = spec.operands.iter().zip(arrays).map(|(set, x)| self.nested(*x, &grid(set))).collect();
        let summed: Vec<Index> = spec.indices().into_iter().filter(|i| !spec.result.contains(i)).collect();
        let (to, inner) = (grid(&spec.result), grid(&summed));
        let id = self.array(name, dtype, to.clone(), loc);
        let sum = if dtype == DType::Bool { ReduceOp::Any } else { ReduceOp::Sum };
        for i in 0..to.n_blocks() {
            let block = self.block(id, i);
            let mut partials = Vec::with_capacity(inner.n_blocks());
            for k in 0..inner.n_blocks() {
                let (free, bound) = (to.coords(i), inner.coords(k));
                let part: BTreeMap<Index, usize> =
                    spec.result.iter().copied().zip(free).chain(summed.iter().copied().zip(bound)).collect();
                let (args, windows) =
                    spec.operands.iter().zip(&arrays).map(|(set, x)| self.window(*x, set, &grid(set), &part)).unzip();
                let out = if inner.n_blocks() == 1 {
                    block
                } else {
                    let partial = self.array(&format!("{name}.p"), dtype, Grid::whole(&to.block_shape_at(i)), loc);
                    self.block(partial, 0)
                };
                let task = ContractTask { spec: spec.clone(), order: order.clone(), windows };
                self.task(TaskOp::Contract(task), args, vec![out], loc);
                partials.push(out);
            }
            if partials.len() > 1 {
                self.combine(sum, &partials, block, loc);
            }
        }
        id
    }

    /// The array, cut anew if a block that is wanted lies in two of its blocks.
    fn nested(&mut self, x: ArrayId, want: &Grid) -> ArrayId {
        let own = self.grid(x);
        let fits = |a: usize| own.parts(a) == 1 || own.block_shape()[a].is_multiple_of(want.block_shape()[a]);
        let block: Vec<usize> =
            (0..own.rank()).map(|a| if fits(a) { own.block_shape()[a] } else { want.block_shape()[a] }).collect();
        let to = Grid::new(own.shape(), &block);
        self.recut(x, &to)
    }

    /// The block of `x` that holds a part of every index, and where in it.
    fn window(&self, x: ArrayId, set: &[Index], want: &Grid, part: &BTreeMap<Index, usize>) -> (Arg, Window) {
        let own = self.grid(x);
        let mut coords = Vec::with_capacity(set.len());
        let mut window = Window { start: Vec::with_capacity(set.len()), shape: Vec::with_capacity(set.len()) };
        for (axis, i) in set.iter().enumerate() {
            let range = want.range(axis, part[i]);
            let block = range.start / own.block_shape()[axis];
            // An empty axis has one block.
            coords.push(block.min(own.parts(axis) - 1));
            window.start.push(range.start - own.range(axis, block).start);
            window.shape.push(range.len());
        }
        (Arg::Block(self.block(x, own.index(&coords))), window)
    }
}

/// Whether tasks for different blocks would compute one block of this step's product twice.
fn repeats(step: &Step, spec: &Contraction, cuts: &Cuts) -> bool {
    let cut = |i: &Index| cuts[i].0 > cuts[i].1;
    spec.indices().iter().any(|i| cut(i) && !step.leaves.iter().any(|k| spec.operands[*k].contains(i)))
}
