//! From a fused function with bound sizes to block tasks: `tile(&Func, grids of its arrays) -> Graph`.
//!
//! Each instruction becomes tasks over blocks. A kernel takes the grid of its largest operand; operands that are cut otherwise
//! are re-cut by `assemble` tasks first. What is reduced along a cut axis leaves a partial result a block, and `combine` tasks
//! join them in a tree that splits the range of blocks at ⌈n/2⌉: a function of the grid alone, so that the bits are the
//! same wherever tasks run. `tile/regions.rs` moves data (slices, transposes, concatenation, changed grids),
//! `tile/products.rs` multiplies, `tile/contract.rs` contracts, `tile/kernels.rs` tiles kernels, `tile/panels.rs` panels. Nothing here knows nodes.

mod boxes;
mod contract;
mod data;
mod kernels;
mod panels;
mod partition;
mod products;
mod put;
mod qr;
mod regions;
mod select;

pub(crate) use self::kernels::{space, walk};
use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::dtype::DType;
use crate::flops;
use crate::func::{Func, Inst, Op, Scalar, Size, Value};
use crate::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, GraphOutput, GraphScalar, Piece, ReshapeTask, Task, TaskOp};
use crate::grid::Grid;
use crate::ops::ReduceOp;
use crate::slices;
use std::collections::{HashMap, HashSet};

/// Cuts `func` into block tasks. `func` is fused and all its sizes are constants; `grids` has the cut of every array
/// parameter, in order. Weak parameters become scalars of the call.
///
/// # Errors
/// A `Diag` for what only sizes decide: a reduction without identity over an empty axis.
pub fn tile(func: &Func, grids: &[Grid]) -> Result<Graph, Diag> {
    let mut tiler = Tiler::new(&func.name);
    tiler.names = crate::text::value_names(func);
    tiler.in_place = slices::in_place(func);
    tiler.unread = boxes::unread(func);
    let mut grids = grids.iter();
    for p in &func.params {
        let (ty, loc) = (func.ty(*p), func.data(*p).loc);
        let name = func.data(*p).name.clone().unwrap_or_default();
        let handle = if ty.weak {
            tiler.graph.scalars.push(GraphScalar { name, dtype: ty.dtype });
            Handle::Scalar(tiler.graph.scalars.len() as u32 - 1)
        } else {
            let grid = grids.next().ok_or_else(|| Diag::new(loc, format!("no grid for `{name}`")))?;
            let id = tiler.array(&name, ty.dtype, grid.clone(), loc);
            tiler.graph.inputs.push(id);
            tiler.graph.reads.push(0);
            Handle::Array(id)
        };
        tiler.handles.insert(*p, handle);
    }
    for inst in &func.insts {
        tiler.inst(func, inst)?;
    }
    for r in &func.results {
        let array = tiler.operand(func, *r);
        tiler.graph.outputs.push(GraphOutput { array, weak: func.ty(*r).weak });
    }
    Ok(tiler.graph)
}

/// The tasks that cut one array anew.
pub fn rechunk(dtype: DType, from: &Grid, to: &Grid) -> Graph {
    let mut tiler = Tiler::new("rechunk");
    let input = tiler.array("x", dtype, from.clone(), Loc::default());
    tiler.graph.inputs.push(input);
    tiler.graph.reads.push(1);
    let array = tiler.recut(input, to);
    tiler.graph.outputs.push(GraphOutput { array, weak: false });
    tiler.graph
}

/// The tasks that copy one array block by block, to lie elsewhere.
pub fn copy(dtype: DType, grid: &Grid) -> Graph {
    let mut tiler = Tiler::new("copy");
    let loc = Loc::default();
    let input = tiler.array("x", dtype, grid.clone(), loc);
    tiler.graph.inputs.push(input);
    tiler.graph.reads.push(1);
    let array = tiler.array("y", dtype, grid.clone(), loc);
    for i in 0..grid.n_blocks() {
        let shape = grid.block_shape_at(i);
        let n = shape.len();
        let axes = (0..n as u32).map(Some).collect();
        let piece = Piece { arg: 0, src: vec![0; n], dest: vec![0; n], shape: shape.clone(), axes, step: vec![1; n] };
        let (from, out) = (Arg::Block(tiler.block(input, i)), tiler.block(array, i));
        tiler.task(TaskOp::Assemble { shape, pieces: vec![piece] }, vec![from], vec![out], loc);
    }
    tiler.graph.outputs.push(GraphOutput { array, weak: false });
    tiler.graph
}

/// What a value has become.
#[derive(Clone, Copy)]
enum Handle {
    Array(ArrayId),
    Scalar(u32),
}

struct Tiler {
    graph: Graph,
    /// Printed names of the function's values.
    names: Vec<String>,
    handles: HashMap<Value, Handle>,
    /// What is indexed and makes no blocks: from where, and its cut.
    in_place: HashSet<Value>,
    views: HashMap<Value, (regions::Source, Grid)>,
    /// Positions that nobody looks at.
    unread: HashSet<Value>,
    /// Arrays that were cut anew, by the cut.
    recuts: HashMap<(ArrayId, Vec<usize>), ArrayId>,
    /// Matrices that were factored, with the trees of their factors.
    factored: HashMap<ArrayId, qr::Part>,
    blocks: u32,
}

/// The sizes of a value; they are bound.
fn sizes(func: &Func, v: Value) -> Vec<usize> {
    func.ty(v).sizes().unwrap_or_else(|| panic!("sizes of {} are not bound", func.ty(v)))
}

/// A bound integer attribute.
fn integer(size: &Size) -> i64 {
    match size {
        Size::Dim(Dim::Const(c)) => *c,
        Size::Dim(Dim::Poly(p)) => panic!("size {p:?} is not bound"),
        Size::Value(v) => panic!("size {v:?} is not resolved"),
    }
}

impl Tiler {
    fn new(name: &str) -> Tiler {
        let graph = Graph {
            name: name.to_owned(),
            kernels: vec![],
            arrays: vec![],
            inputs: vec![],
            reads: vec![],
            scalars: vec![],
            outputs: vec![],
            tasks: vec![],
            notes: vec![],
        };
        Tiler {
            graph,
            names: vec![],
            handles: HashMap::new(),
            in_place: HashSet::new(),
            unread: HashSet::new(),
            views: HashMap::new(),
            recuts: HashMap::new(),
            factored: HashMap::new(),
            blocks: 0,
        }
    }

    fn array(&mut self, name: &str, dtype: DType, grid: Grid, loc: Loc) -> ArrayId {
        let first = BlockId(self.blocks);
        self.blocks += u32::try_from(grid.n_blocks()).expect("fewer than 2^32 blocks");
        self.graph.arrays.push(GraphArray { name: name.to_owned(), dtype, grid, first, loc });
        ArrayId(self.graph.arrays.len() as u32 - 1)
    }

    /// The array that an instruction makes, named as its value.
    fn result(&mut self, func: &Func, v: Value, grid: Grid) -> ArrayId {
        let data = func.data(v);
        let name = self.names[v.0 as usize].clone();
        let id = self.array(&name, func.ty(v).dtype, grid, data.loc);
        self.handles.insert(v, Handle::Array(id));
        id
    }

    fn grid(&self, id: ArrayId) -> &Grid {
        &self.graph.array(id).grid
    }

    fn block(&self, id: ArrayId, index: usize) -> BlockId {
        BlockId(self.graph.array(id).first.0 + index as u32)
    }

    fn task(&mut self, op: TaskOp, args: Vec<Arg>, outs: Vec<BlockId>, loc: Loc) {
        self.graph.tasks.push(Task { op, args, outs, loc });
    }

    /// The value as an array; a plain scalar is put into a 0-d block.
    fn operand(&mut self, func: &Func, v: Value) -> ArrayId {
        match self.handles[&v] {
            Handle::Array(id) => id,
            Handle::Scalar(s) => {
                let (dtype, loc) = (func.ty(v).dtype, func.data(v).loc);
                let id = self.array(&self.graph.scalars[s as usize].name.clone(), dtype, Grid::whole(&[]), loc);
                let out = self.block(id, 0);
                self.task(TaskOp::Fill { shape: vec![], dtype }, vec![Arg::Scalar(s)], vec![out], loc);
                id
            }
        }
    }

    /// The value as an operand of creation tasks: a scalar, or the block of a 0-d array.
    fn scalar_arg(&self, v: Value) -> Arg {
        match self.handles[&v] {
            Handle::Array(id) => Arg::Block(self.block(id, 0)),
            Handle::Scalar(s) => Arg::Scalar(s),
        }
    }

    fn inst(&mut self, func: &Func, inst: &Inst) -> Result<(), Diag> {
        let out = inst.results[0];
        let (loc, dtype) = (func.data(out).loc, func.ty(out).dtype);
        if self.unread.contains(&out) {
            return Ok(());
        }
        if let Op::Concatenate { axis: Some(_) } = inst.op
            && let Some(only) = self.only(func, inst)
        {
            self.handles.insert(out, Handle::Array(only));
            return Ok(());
        }
        match &inst.op {
            Op::Kernel(body) if !body.rows.is_empty() => return self.panel(func, inst, body),
            _ => self.count_reads(func, inst),
        }
        match &inst.op {
            Op::Kernel(body) => return self.kernel(func, inst, body),
            Op::Matmul { trans_a, trans_b, symmetric } => self.matmul(func, inst, (*trans_a, *trans_b), *symmetric),
            Op::Contract(spec) => self.contract(func, inst, spec),
            Op::Transpose { perm } => self.transpose(func, inst, perm.as_deref().unwrap_or_default()),
            Op::Index { items } => self.index(func, inst, items),
            Op::Concatenate { axis } => self.concatenate(func, inst, *axis),
            Op::Reshape { .. } => {
                let x = self.operand(func, inst.args[0]);
                let name = self.names[out.0 as usize].clone();
                let id = self.reshape(x, &sizes(func, out), &name, loc);
                self.handles.insert(out, Handle::Array(id));
            }
            Op::Const(value) => self.constant(func, out, *value),
            Op::Dim(d) => self.constant(func, out, Scalar::Int(i128::from(integer(&Size::Dim(d.clone()))))),
            Op::Fill { .. } => {
                let arg = self.scalar_arg(inst.args[0]);
                self.create(func, out, |grid, i| (TaskOp::Fill { shape: grid.block_shape_at(i), dtype }, vec![arg]));
            }
            Op::Arange { .. } => {
                let args = vec![self.scalar_arg(inst.args[0]), self.scalar_arg(inst.args[2])];
                self.create(func, out, |grid, i| {
                    let (offset, len) = (grid.offset_at(i)[0], grid.block_shape_at(i)[0]);
                    (TaskOp::Arange { offset, len, dtype }, args.clone())
                });
            }
            Op::Eye { k, .. } => self.create(func, out, |grid, i| {
                let (at, size) = (grid.offset_at(i), grid.block_shape_at(i));
                (TaskOp::Eye { offset: [at[0], at[1]], shape: [size[0], size[1]], k: *k, dtype }, vec![])
            }),
            Op::Solve => {
                let args = inst.args.iter().map(|a| {
                    let x = self.operand(func, *a);
                    let whole = self.recut(x, &Grid::whole(&sizes(func, *a)));
                    Arg::Block(self.block(whole, 0))
                });
                let args = args.collect();
                let id = self.result(func, out, Grid::whole(&sizes(func, out)));
                let block = self.block(id, 0);
                self.task(TaskOp::Solve, args, vec![block], loc);
            }
            Op::Data(op) => self.data(func, inst, op),
            Op::Item | Op::Choose => {
                return Err(Diag::new(
                    loc,
                    "a size or a branch depends on data: it is planned part by part, when the data is there",
                ));
            }
            Op::Call(_) | Op::ShapeOf { .. } | Op::Map(_) | Op::Cast(_) | Op::Reduce { .. } => {
                panic!("`{}` stands outside a kernel in the fused stage", inst.op.name())
            }
        }
        Ok(())
    }

    /// Counts one reading of every input among the operands, also by slices in place, in however many tasks it ends. A panel that is split counts by its parts.
    fn count_reads(&mut self, func: &Func, inst: &Inst) {
        if !flops::is_first(func, inst) || self.in_place.contains(&inst.results[0]) {
            return;
        }
        let array = |a: &Value| match self.views.get(a) {
            Some((source, _)) => Some(source.array),
            None => self.handles.get(a)?.array(),
        };
        let read: HashSet<ArrayId> = inst.args.iter().filter_map(array).collect();
        for (input, reads) in self.graph.inputs.iter().zip(&mut self.graph.reads) {
            *reads += usize::from(read.contains(input));
        }
    }

    fn constant(&mut self, func: &Func, out: Value, value: Scalar) {
        let (dtype, loc) = (func.ty(out).dtype, func.data(out).loc);
        let id = self.result(func, out, Grid::whole(&[]));
        let block = self.block(id, 0);
        self.task(TaskOp::Const { value, dtype }, vec![], vec![block], loc);
    }

    /// One independent task a block of the default cut.
    fn create(&mut self, func: &Func, out: Value, make: impl Fn(&Grid, usize) -> (TaskOp, Vec<Arg>)) {
        let grid = Grid::default_for(&sizes(func, out), func.ty(out).dtype);
        let id = self.result(func, out, grid.clone());
        for i in 0..grid.n_blocks() {
            let (op, args) = make(&grid, i);
            let block = self.block(id, i);
            self.task(op, args, vec![block], func.data(out).loc);
        }
    }

    /// The same elements in C order under another shape. Blocks of rows stay blocks of rows where the first axis stays.
    fn reshape(&mut self, x: ArrayId, shape: &[usize], name: &str, loc: Loc) -> ArrayId {
        let (from, dtype) = (self.grid(x).clone(), self.graph.array(x).dtype);
        let keeps_rows = !shape.is_empty() && shape.first() == from.shape().first();
        let to = if keeps_rows {
            let mut block = Grid::default_for(shape, dtype).block_shape().to_vec();
            block[0] = from.block_shape()[0];
            Grid::new(shape, &block)
        } else {
            Grid::default_for(shape, dtype)
        };
        let id = self.array(name, dtype, to.clone(), loc);
        let spans: Vec<(usize, usize)> = (0..from.n_blocks()).map(|i| span(&from, i)).collect();
        for block in 0..to.n_blocks() {
            let (low, high) = span(&to, block);
            let mut touched: Vec<u32> =
                (0..spans.len()).filter(|i| spans[*i].0 < high && low < spans[*i].1).map(|i| i as u32).collect();
            if touched.is_empty() {
                // An empty block: its dtype is an operand's.
                touched.push(0);
            }
            let args = touched.iter().map(|i| Arg::Block(self.block(x, *i as usize))).collect();
            let op = ReshapeTask { from: from.clone(), blocks: touched, to: to.clone(), block: block as u32 };
            let out = self.block(id, block);
            self.task(TaskOp::Reshape(op), args, vec![out], loc);
        }
        id
    }

    /// Joins partial results, one a block of the reduced range, in the fixed tree. The root is block `out`.
    fn combine(&mut self, op: ReduceOp, partials: &[BlockId], out: BlockId, loc: Loc) {
        let (name, dtype, shape) = {
            let array = self.graph.array(self.graph.array_of(out));
            (format!("{}.c", array.name), array.dtype, array.grid.block_shape_at((out.0 - array.first.0) as usize))
        };
        let half = partials.len().div_ceil(2);
        let join = |tiler: &mut Tiler, part: &[BlockId]| -> BlockId {
            if let [one] = part {
                return *one;
            }
            let id = tiler.array(&name, dtype, Grid::whole(&shape), loc);
            let block = tiler.block(id, 0);
            tiler.combine(op, part, block, loc);
            block
        };
        let (left, right) = (join(self, &partials[..half]), join(self, &partials[half..]));
        self.task(TaskOp::Combine(op), vec![Arg::Block(left), Arg::Block(right)], vec![out], loc);
    }
}

/// C-order positions of the first and behind the last element of a block.
fn span(grid: &Grid, block: usize) -> (usize, usize) {
    let (offset, size) = (grid.offset_at(block), grid.block_shape_at(block));
    if size.contains(&0) {
        return (0, 0);
    }
    let flat = |at: &dyn Fn(usize) -> usize| grid.shape().iter().enumerate().fold(0, |f, (a, n)| f * n + at(a));
    (flat(&|a| offset[a]), flat(&|a| offset[a] + size[a] - 1) + 1)
}
