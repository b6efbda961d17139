//! Kernels over blocks: one task a block of the index space, partial results joined in a tree.
//!
//! The index space is the shape that the body's element-wise values have. It is cut as the operand with most elements; axes
//! which that operand does not have are cut as in one that has them. A space larger than every operand (an outer product by
//! broadcasting) is cut further, so that no block outgrows `LIMIT`. A slice that is read in place is cut like an array of its own, so that
//! sums have the bits that they have with one.

use super::regions::Source;
use super::{Handle, Tiler, sizes};
use crate::diag::Diag;
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Value};
use crate::graph::{Arg, ArrayId, BlockId, Reading, SlicedTask, TaskOp};
use crate::grid::Grid;
use crate::ops::{Identity, ReduceOp};
use crate::types::Type;

/// Bytes that a block of a broadcast index space may have.
const LIMIT: usize = 64 << 20;

/// How a parameter lies in the index space.
struct Operand {
    place: Place,
    /// For each axis of the space: the parameter's axis that it walks; `None` where the parameter is broadcast.
    axes: Vec<Option<usize>>,
}

/// Where a parameter is.
enum Place {
    Here(Handle),
    /// In the blocks of what it was indexed from; cut as if it were an array of its own.
    Slice(Source, Grid),
}

/// A result of the kernel.
enum Output {
    /// One value a position.
    Mapped(ArrayId),
    /// Reduced along axes of the space. Moments in the place of a spread whose rows lie in several blocks: its value, for what is picked.
    Reduced { array: ArrayId, op: ReduceOp, axes: Vec<usize>, keepdims: bool, spread: Option<Value> },
}

impl Tiler {
    pub(super) fn kernel(&mut self, func: &Func, inst: &Inst, body: &Func) -> Result<(), Diag> {
        let space = space(body);
        let mut operands: Vec<Operand> = inst
            .args
            .iter()
            .zip(&body.params)
            .map(|(arg, p)| {
                let slice = self.views.get(arg).map(|(source, grid)| Place::Slice(source.clone(), grid.clone()));
                let place = slice.unwrap_or_else(|| Place::Here(self.handles[arg]));
                Operand { place, axes: walk(body, *p, &space) }
            })
            .collect();
        let grid = self.space_grid(&space, &operands, body);
        for o in &mut operands {
            if let Place::Here(Handle::Array(x)) = o.place {
                let old = self.grid(x);
                let mut cut: Vec<usize> = old.shape().to_vec();
                for (i, axis) in o.axes.iter().enumerate() {
                    if let Some(axis) = axis {
                        cut[*axis] = grid.block_shape()[i];
                    }
                }
                let to = Grid::new(old.shape(), &cut);
                o.place = Place::Here(Handle::Array(self.recut(x, &to)));
            }
        }
        let outputs = self.outputs(func, inst, body, &grid)?;
        let k = self.graph.kernels.len() as u32;
        self.graph.kernels.push(with_moments(body, &outputs));
        let loc = func.data(inst.results[0]).loc;
        // Partial results by output and block of the space.
        let mut partials: Vec<Vec<BlockId>> = outputs.iter().map(|_| Vec::new()).collect();
        for i in 0..grid.n_blocks() {
            let at = grid.coords(i);
            let (op, args) = self.kernel_task(k, &operands, &grid, i);
            let outs = outputs.iter().zip(&mut partials).map(|(o, p)| self.kernel_out(o, &grid, i, &at, p)).collect();
            self.task(op, args, outs, loc);
        }
        for (output, partials) in outputs.iter().zip(&partials) {
            if let Output::Reduced { array, op, axes, keepdims, spread } = output {
                self.combine_all(*array, *op, axes, *keepdims, &grid, partials);
                if let Some(v) = spread {
                    self.pick(func, *v, *array, 2);
                }
            }
        }
        Ok(())
    }

    /// The cut of the index space.
    fn space_grid(&self, space: &[usize], operands: &[Operand], body: &Func) -> Grid {
        let mut arrays: Vec<(&Operand, &Grid)> = operands.iter().filter_map(|o| Some((o, self.cut_of(&o.place)?))).collect();
        arrays.sort_by_key(|(_, g)| std::cmp::Reverse(g.shape().iter().product::<usize>()));
        let block_of = |i: usize| arrays.iter().find_map(|(o, g)| o.axes[i].map(|axis| g.block_shape()[axis]));
        let mut block: Vec<usize> = (0..space.len()).map(|i| block_of(i).unwrap_or(space[i])).collect();
        let item = body.results.iter().map(|r| body.ty(*r).dtype.size()).max().unwrap_or(1);
        let covered = arrays.first().is_some_and(|(o, _)| o.axes.iter().all(Option::is_some));
        while !covered && block.iter().product::<usize>().saturating_mul(item) > LIMIT {
            let Some(axis) = (0..block.len()).rev().max_by_key(|a| block[*a]) else { break };
            block[axis] = block[axis].div_ceil(2);
        }
        Grid::new(space, &block)
    }

    /// How an operand is cut, if it is an array.
    fn cut_of<'a>(&'a self, place: &'a Place) -> Option<&'a Grid> {
        match place {
            Place::Slice(_, grid) => Some(grid),
            Place::Here(handle) => handle.array().map(|x| self.grid(x)),
        }
    }

    /// The arrays that a kernel makes.
    fn outputs(&mut self, func: &Func, inst: &Inst, body: &Func, grid: &Grid) -> Result<Vec<Output>, Diag> {
        let mut outputs = Vec::new();
        for (v, inner) in inst.results.iter().zip(&body.results) {
            let Some(Inst { op: Op::Reduce { op, axes, keepdims }, .. }) = body.def(*inner) else {
                let shape = sizes(func, *v);
                let cut = if shape.is_empty() { vec![] } else { grid.block_shape().to_vec() };
                outputs.push(Output::Mapped(self.result(func, *v, Grid::new(&shape, &cut))));
                continue;
            };
            let axes: Vec<usize> = axes.iter().flatten().map(|a| *a as usize).collect();
            let shape = sizes(func, *v);
            let nothing = axes.iter().any(|a| grid.shape()[*a] == 0) && !shape.contains(&0);
            if nothing && op.identity() == Identity::None {
                let message = format!("zero-size array to reduction operation `{}` which has no identity", op.name());
                return Err(Diag::new(func.data(*v).loc, message));
            }
            let spread = (*op == ReduceOp::Spread && axes.iter().any(|a| grid.parts(*a) > 1)).then_some(*v);
            let op = if spread.is_some() { ReduceOp::Moments } else { *op };
            let rows = (op == ReduceOp::Moments).then_some(3);
            let kept = kept(&axes, *keepdims, grid.rank()).map(|a| a.map_or(1, |a| grid.block_shape()[a]));
            let cut: Vec<usize> = rows.into_iter().chain(kept).collect();
            let array = match spread {
                None => self.result(func, *v, Grid::new(&shape, &cut)),
                Some(_) => {
                    let (name, shape) = (format!("{}.m", self.names[v.0 as usize]), [&[3], &shape[..]].concat());
                    self.array(&name, func.ty(*v).dtype, Grid::new(&shape, &cut), func.data(*v).loc)
                }
            };
            outputs.push(Output::Reduced { array, op, axes, keepdims: *keepdims, spread });
        }
        Ok(outputs)
    }

    /// The task for block `i` of the space without its results.
    fn kernel_task(&self, kernel: u32, operands: &[Operand], grid: &Grid, i: usize) -> (TaskOp, Vec<Arg>) {
        let (at, space) = (grid.coords(i), grid.block_shape_at(i));
        let mut args = Vec::with_capacity(operands.len());
        let mut parts = Vec::with_capacity(operands.len());
        let mut sliced = false;
        for o in operands {
            match &o.place {
                Place::Here(handle) => {
                    parts.push(Reading::Whole(args.len() as u32));
                    args.push(self.kernel_arg(*handle, &o.axes, &at));
                }
                Place::Slice(source, _) => {
                    let mut pieces = Vec::new();
                    self.pieces(source, &grid.offset_at(i), &space, &mut args, &mut pieces);
                    parts.push(Reading::Pieces(pieces));
                    sliced = true;
                }
            }
        }
        let op = if sliced { TaskOp::Sliced(SlicedTask { kernel, space, operands: parts }) } else { TaskOp::Kernel(kernel) };
        (op, args)
    }

    fn kernel_arg(&self, handle: Handle, axes: &[Option<usize>], at: &[usize]) -> Arg {
        let x = match handle {
            Handle::Scalar(s) => return Arg::Scalar(s),
            Handle::Array(x) => x,
        };
        let grid = self.grid(x);
        let mut coords = vec![0; grid.rank()];
        for (i, axis) in axes.iter().enumerate() {
            if let Some(axis) = axis {
                coords[*axis] = at[i];
            }
        }
        Arg::Block(self.block(x, grid.index(&coords)))
    }

    /// The block that the task for block `i` of the space makes; partial results get arrays of their own.
    fn kernel_out(&mut self, o: &Output, grid: &Grid, i: usize, at: &[usize], partials: &mut Vec<BlockId>) -> BlockId {
        match o {
            Output::Mapped(id) => self.block(*id, if self.grid(*id).rank() == 0 { 0 } else { i }),
            Output::Reduced { array, op, axes, keepdims, spread: _ } => {
                let to = self.grid(*array).clone();
                let coords = place(*op, axes, *keepdims, at);
                let out = to.index(&coords);
                let block = if axes.iter().all(|a| grid.parts(*a) == 1) {
                    self.block(*array, out)
                } else {
                    let (dtype, loc) = (self.graph.array(*array).dtype, self.graph.array(*array).loc);
                    let name = format!("{}.p", self.graph.array(*array).name);
                    let partial = self.array(&name, dtype, Grid::whole(&to.block_shape_at(out)), loc);
                    self.block(partial, 0)
                };
                partials.push(block);
                block
            }
        }
    }

    /// Joins the partial results of every block of a reduction.
    fn combine_all(&mut self, array: ArrayId, op: ReduceOp, axes: &[usize], keepdims: bool, grid: &Grid, partials: &[BlockId]) {
        if axes.iter().all(|a| grid.parts(*a) == 1) {
            return;
        }
        let to = self.grid(array).clone();
        let mut groups: Vec<Vec<BlockId>> = vec![Vec::new(); to.n_blocks()];
        for (i, partial) in partials.iter().enumerate() {
            let at = grid.coords(i);
            groups[to.index(&place(op, axes, keepdims, &at))].push(*partial);
        }
        let loc = self.graph.array(array).loc;
        for (i, group) in groups.iter().enumerate() {
            let out = self.block(array, i);
            self.combine(op, group, out, loc);
        }
    }
}

/// The body as tasks run it: with moments for spreads that are joined over blocks.
fn with_moments(body: &Func, outputs: &[Output]) -> Func {
    let mut made = body.clone();
    for (r, output) in body.results.iter().zip(outputs) {
        let Output::Reduced { spread: Some(_), .. } = output else { continue };
        for inst in made.insts.iter_mut().filter(|inst| inst.results.contains(r)) {
            if let Op::Reduce { op, .. } = &mut inst.op {
                *op = ReduceOp::Moments;
            }
        }
        let ty = body.ty(*r);
        let dims = std::iter::once(Dim::Const(3)).chain(ty.dims().unwrap_or_default().iter().cloned()).collect();
        made.values[r.0 as usize].ty = Some(Type::array(ty.dtype, dims));
    }
    made
}

/// The axes of a reduction's result: the axis of the space that each one is, `None` for one kept with size 1.
fn kept(axes: &[usize], keepdims: bool, rank: usize) -> impl Iterator<Item = Option<usize>> + '_ {
    (0..rank).filter_map(move |a| match (axes.contains(&a), keepdims) {
        (false, _) => Some(Some(a)),
        (true, true) => Some(None),
        (true, false) => None,
    })
}

/// The block of a reduction's result that block `at` of the space has a part in.
fn place(op: ReduceOp, axes: &[usize], keepdims: bool, at: &[usize]) -> Vec<usize> {
    let rows = (op == ReduceOp::Moments).then_some(0);
    rows.into_iter().chain(kept(axes, keepdims, at.len()).map(|a| a.map_or(0, |a| at[a]))).collect()
}

/// The shape of the element-wise values and of what is reduced; empty for a kernel of 0-d values.
pub(crate) fn space(body: &Func) -> Vec<usize> {
    let shapes = body.insts.iter().filter_map(|inst| match &inst.op {
        Op::Map(_) | Op::Cast(_) => Some(sizes(body, inst.results[0])),
        Op::Reduce { .. } => Some(sizes(body, inst.args[0])),
        _ => None,
    });
    shapes.max_by_key(Vec::len).unwrap_or_default()
}

/// Which axis of a parameter each axis of the space walks: through the view that adds axes if there is one, aligned right.
pub(crate) fn walk(body: &Func, p: Value, space: &[usize]) -> Vec<Option<usize>> {
    let shape = sizes(body, p);
    let seen = crate::panel::seen(body, p, shape.len());
    let lead = space.len() - seen.len();
    (0..space.len())
        .map(|i| {
            let axis = seen.get(i.checked_sub(lead)?).copied().flatten()?;
            (shape[axis] == space[i]).then_some(axis)
        })
        .collect()
}
