//! `Kernel`: a prepared kernel task; a panel runs its kernels and products on one tile of rows after another.
//!
//! A tile of the row operands stays in the second-level cache while every step of the body takes its part (`panel/step.rs`); what is
//! summed over the rows is carried from tile to tile. Values of the body exist for one tile only, but for those that are results: they
//! are written to their place, or over an operand's rows (`over`). Rows may be any axis of an operand (`panel/tile.rs`). Tiles are whole
//! panels of every sum (`nums_ir::tiling`), so that the bits are those of the steps one by one.
//! All room is made before the first tile; the tiles allocate nothing, but for what the last one's other shape needs along other
//! axes than the first.

mod step;
mod tile;

use super::interpret;
use super::over::Over;
use super::sliced::Parts;
use super::view::{Operands, Read, Spare, View};
use super::{KernelError, Operand};
use crate::block::Block;
use crate::native;
use nums_ir::contraction::{Contraction, Step as Pair};
use nums_ir::data::DataOp;
use nums_ir::dim::Dim;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Inst, Op, Value};
use nums_ir::graph::SlicedTask;
use nums_ir::ops::ReduceOp;
use nums_ir::panel::{Role, pairs, roles, space_axis};
use nums_ir::tiling::{Touched, next};
use step::State;
use tile::{Copies, Tile};

/// A kernel's body, prepared for running.
#[derive(Debug)]
pub struct Kernel(Form);

#[derive(Debug)]
enum Form {
    /// One element-wise group with its reductions.
    Loops(Box<interpret::Kernel>),
    Panel(Box<Panel>),
}

impl Kernel {
    /// Prepares a kernel's body.
    ///
    /// # Errors
    /// A body of another form.
    pub fn prepare(body: &Func) -> Result<Kernel, KernelError> {
        if body.rows.is_empty() {
            return interpret::Kernel::prepare(body).map(|k| Kernel(Form::Loops(Box::new(k))));
        }
        Panel::prepare(body).map(|p| Kernel(Form::Panel(Box::new(p))))
    }

    /// Whether all groups run as native code; `None` for a kernel without element-wise steps.
    pub fn is_native(&self) -> Option<bool> {
        match &self.0 {
            Form::Loops(kernel) => kernel.is_native(),
            Form::Panel(panel) => {
                let mut all = panel.kernels().filter_map(interpret::Kernel::is_native).peekable();
                all.peek().is_some().then(|| all.all(|native| native))
            }
        }
    }

    /// The same kernel, interpreted.
    #[must_use]
    pub fn interpreted(self) -> Kernel {
        Kernel(match self.0 {
            Form::Loops(kernel) => Form::Loops(Box::new(kernel.interpreted())),
            Form::Panel(mut panel) => {
                let interpreted = |step| match step {
                    Step::Kernel { kernel, args, axis } => Step::Kernel { kernel: Box::new(kernel.interpreted()), args, axis },
                    Step::Rows { .. } | Step::Best { .. } | Step::Total { .. } | Step::Contract { .. } => step,
                };
                panel.steps = panel.steps.into_iter().map(interpreted).collect();
                Form::Panel(panel)
            }
        })
    }

    /// Runs the kernel on operand blocks: its results in order.
    pub(super) fn run(&self, mut args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
        self.run_over(&mut args)
    }

    /// As `run`; spare operands may be written over.
    pub(super) fn run_over(&self, args: &mut dyn Spare) -> Result<Vec<Block>, KernelError> {
        match &self.0 {
            Form::Loops(kernel) => kernel.run_over(args),
            Form::Panel(panel) => run(panel, args),
        }
    }

    /// Runs the kernel on operands of which some are parts of blocks.
    pub(super) fn run_sliced(&self, task: &SlicedTask, args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
        match &self.0 {
            Form::Loops(kernel) => kernel.run_over(&mut Parts::of(task, args)?),
            Form::Panel(panel) => Err(KernelError::mismatch(&panel.name, "slices in place")),
        }
    }
}

/// A value of the body: an index into its values.
type Slot = usize;

#[derive(Debug)]
struct Panel {
    name: String,
    params: Vec<Param>,
    steps: Vec<Step>,
    results: Vec<Outcome>,
    /// By slot: where its elements are, and the axis that runs with the rows.
    homes: Vec<Home>,
    axes: Vec<Option<usize>>,
    /// By step and its results: whether the panel keeps their rows, which are the first axis.
    kept: Vec<Vec<bool>>,
    /// What a tile touches.
    touched: Touched,
}

/// A result of the body.
#[derive(Debug)]
struct Outcome {
    slot: Slot,
    dtype: DType,
    /// The axis that runs with the rows, and the sizes of all axes, of which that one's is the body's; none of a total.
    row: Option<(usize, Vec<usize>)>,
}

/// Where a value of the body is.
#[derive(Clone, Copy, Debug)]
enum Home {
    /// A parameter.
    Param(usize),
    /// A result of a step: the step, and which.
    Step(usize, usize),
}

#[derive(Debug)]
struct Param {
    dtype: DType,
    rank: usize,
    /// The axis that runs with the rows.
    row: Option<usize>,
}

#[derive(Debug)]
enum Step {
    Kernel {
        kernel: Box<interpret::Kernel>,
        args: Vec<Slot>,
        /// The axis of its index space that runs with the rows.
        axis: usize,
    },
    /// A product of which one operand runs with the rows, or both do along their stacks.
    Rows {
        product: Product,
        /// The axis of the result that does.
        axis: usize,
    },
    /// Positions of the best along an axis inside the rows, which are axis `row`.
    Best { op: ReduceOp, axis: usize, x: Slot, row: usize },
    /// A product contracted along the rows.
    Total { product: Product, symmetric: bool },
    /// A contraction whose first index runs with the rows.
    Contract { spec: Contraction, pairs: Vec<Pair>, args: Vec<Slot> },
}

/// Operands of a product, and which are transposed.
#[derive(Debug)]
struct Product {
    a: Slot,
    b: Slot,
    trans: (bool, bool),
}

fn slot(v: &Value) -> Slot {
    v.0 as usize
}

impl Panel {
    fn prepare(body: &Func) -> Result<Panel, KernelError> {
        let wrong = |why: String| KernelError::mismatch(&body.name, why);
        let typed = body.values.iter().all(|d| d.ty.as_ref().is_some_and(|t| t.rank().is_some()));
        let defined = body.params.iter().chain(body.insts.iter().flat_map(|i| &i.results));
        let known: Vec<&Value> = defined.collect();
        if !typed || !body.results.iter().all(|r| known.contains(&r)) {
            return Err(wrong("a value without definition or type".to_owned()));
        }
        let roles = roles(body).map_err(wrong)?;
        let axis = |v: &Value| roles[slot(v)].axis();
        let mut steps = Vec::with_capacity(body.insts.len());
        for inst in &body.insts {
            steps.push(Step::prepare(body, inst, &roles).map_err(|error| error.unwrap_or_else(wrong))?);
        }
        let param = |p: &Value| {
            let ty = body.ty(*p);
            Param { dtype: ty.dtype, rank: ty.rank().unwrap_or(0), row: axis(p) }
        };
        // A value that nothing defines is read by nothing: `roles` and the check above.
        let mut homes = vec![Home::Param(usize::MAX); body.values.len()];
        body.params.iter().enumerate().for_each(|(at, p)| homes[slot(p)] = Home::Param(at));
        for (i, inst) in body.insts.iter().enumerate() {
            inst.results.iter().enumerate().for_each(|(k, r)| homes[slot(r)] = Home::Step(i, k));
        }
        let kept = |step: &Step, r: &Value| step.keeps() && axis(r) == Some(0) && body.results.contains(r);
        let size = |d: &Dim| d.as_const().and_then(|n| usize::try_from(n).ok());
        let outcome = |r: &Value| {
            let ty = body.ty(*r);
            // Rows have as many elements as there are; what the body says of their number is not asked.
            let sizes = |axis: usize| {
                let own = ty.dims()?.iter().enumerate().map(|(a, d)| if a == axis { Some(0) } else { size(d) });
                own.collect::<Option<Vec<usize>>>()
            };
            Outcome { slot: slot(r), dtype: ty.dtype, row: axis(r).and_then(|axis| Some((axis, sizes(axis)?))) }
        };
        Ok(Panel {
            kept: body
                .insts
                .iter()
                .zip(&steps)
                .map(|(inst, step)| inst.results.iter().map(|r| kept(step, r)).collect())
                .collect(),
            name: body.name.clone(),
            params: body.params.iter().map(param).collect(),
            steps,
            results: body.results.iter().map(outcome).collect(),
            homes,
            axes: roles.iter().map(|role| role.axis()).collect(),
            touched: Touched::by(body),
        })
    }

    /// The shape of a value of all rows, of which a tile sees `view`.
    fn whole(&self, slot: Slot, view: &View<'_>, all: usize) -> Vec<usize> {
        let row = self.axes.get(slot).copied().flatten();
        view.shape().enumerate().map(|(axis, n)| if Some(axis) == row { all } else { n }).collect()
    }

    fn kernels(&self) -> impl Iterator<Item = &interpret::Kernel> {
        self.steps.iter().filter_map(|s| if let Step::Kernel { kernel, .. } = s { Some(&**kernel) } else { None })
    }

    /// The step that makes a result, and as which of its own.
    fn made_by(&self, result: usize) -> Option<(usize, usize)> {
        match self.homes[self.results[result].slot] {
            Home::Step(step, k) => Some((step, k)),
            Home::Param(_) => None,
        }
    }

    /// The results that are written over operands whose rows only tiles of the same rows read.
    fn over(&self, args: &dyn Operands, rows: usize) -> Vec<Over> {
        let mut over: Vec<Over> = Vec::new();
        for (at, result) in self.results.iter().enumerate() {
            let is_first = self.results[..at].iter().all(|before| before.slot != result.slot);
            if let (true, Some(width), Some(_)) = (is_first, result.width(), self.made_by(at)) {
                let is_row = |operand: usize| self.params.get(operand).is_some_and(|param| param.row == Some(0));
                over.extend(Over::find(at, (result.dtype, rows * width), args, &over, is_row));
            }
        }
        over
    }

    /// Room for the results whose rows no step keeps, and that are not written over an operand.
    fn placed(&self, rows: usize, over: &[Over]) -> Vec<Placed> {
        let placed = |(result, outcome): (usize, &Outcome)| {
            let is_first = self.results[..result].iter().all(|before| before.slot != outcome.slot);
            let (step, k) = self.made_by(result)?;
            let elsewhere = self.kept[step].get(k) == Some(&true) || over.iter().any(|over| over.result == result);
            let (axis, shape) = outcome.rows(rows).filter(|_| is_first && !elsewhere)?;
            Some(Placed { result, axis, block: Block::stale(outcome.dtype, &shape) })
        };
        self.results.iter().enumerate().filter_map(placed).collect()
    }

    /// The results in order, of `rows` rows: what the steps kept, what was put to its place, and what was written over operands.
    fn results(
        &self,
        mut kept: Vec<Vec<(usize, Block)>>,
        mut placed: Vec<Placed>,
        over: &[Over],
        rows: usize,
        args: &mut dyn Spare,
    ) -> Result<Vec<Block>, KernelError> {
        let missing = || self.mismatch("a result that nothing made");
        let mut results: Vec<Block> = Vec::with_capacity(self.results.len());
        for (i, result) in self.results.iter().enumerate() {
            let (step, k) = self.made_by(i).ok_or_else(missing)?;
            let again = self.results[..i].iter().position(|before| before.slot == result.slot);
            let elsewhere = placed.iter().position(|placed| placed.result == i);
            let block = match (again, over.iter().find(|over| over.result == i), elsewhere) {
                (Some(first), ..) => results.get(first).cloned(),
                (None, Some(over), _) => {
                    let shape = result.rows(rows).map(|(_, shape)| shape).ok_or_else(missing)?;
                    over.finish(result.dtype, &shape, args)
                }
                (None, None, Some(at)) => Some(placed.swap_remove(at).block),
                (None, None, None) => {
                    let at = kept[step].iter().position(|(of, _)| *of == k);
                    at.map(|at| kept[step].swap_remove(at).1)
                }
            };
            let block = block.ok_or_else(missing)?;
            if block.dtype() != result.dtype {
                return Err(self.mismatch("a result of another dtype"));
            }
            results.push(block);
        }
        Ok(results)
    }

    fn mismatch(&self, why: impl Into<String>) -> KernelError {
        KernelError::mismatch(&self.name, why)
    }
}

impl Outcome {
    /// The axis that runs with the rows, and the shape with so many.
    fn rows(&self, rows: usize) -> Option<(usize, Vec<usize>)> {
        let (axis, mut shape) = self.row.clone()?;
        *shape.get_mut(axis)? = rows;
        Some((axis, shape))
    }

    /// Elements of a row that is a run of memory.
    fn width(&self) -> Option<usize> {
        self.row.as_ref().filter(|(axis, _)| *axis == 0).map(|(_, shape)| shape.iter().skip(1).product())
    }
}

impl Step {
    /// Whether it writes rows that are a first axis to their places among all.
    fn keeps(&self) -> bool {
        match self {
            Step::Kernel { axis, .. } => *axis == 0,
            Step::Rows { .. } | Step::Best { .. } | Step::Total { .. } | Step::Contract { .. } => true,
        }
    }

    /// How an instruction of a panel's body is run; an error, or why it cannot be.
    fn prepare(body: &Func, inst: &Inst, roles: &[Role]) -> Result<Step, Result<KernelError, String>> {
        let axis = |v: &Value| roles[slot(v)].axis();
        match (&inst.op, &inst.args[..], &inst.results[..]) {
            (Op::Kernel(inner), args, _) => {
                let rows: Vec<Option<usize>> = args.iter().map(axis).collect();
                let axis = space_axis(inner, &rows).ok_or_else(|| Err(format!("{} has not its rows", inner.name)))?;
                let kernel = interpret::Kernel::prepare(inner).map_err(Ok)?;
                Ok(Step::Kernel { kernel: Box::new(kernel), args: args.iter().map(slot).collect(), axis })
            }
            (Op::Matmul { trans_a, trans_b, symmetric }, [a, b], [r]) => {
                let product = Product { a: slot(a), b: slot(b), trans: (*trans_a, *trans_b) };
                Ok(match axis(r) {
                    Some(axis) => Step::Rows { product, axis },
                    None => Step::Total { product, symmetric: *symmetric },
                })
            }
            (Op::Contract(spec), args, [_]) => {
                let pairs = pairs(body, inst, spec).ok_or_else(|| Err(format!("the pairs of \"{spec}\"")))?;
                Ok(Step::Contract { spec: spec.clone(), pairs, args: args.iter().map(slot).collect() })
            }
            (Op::Data(DataOp::ArgBest { op, axis: along }), [x], [_]) => {
                let row = axis(x).ok_or_else(|| Err("the best of a whole array".to_owned()))?;
                Ok(Step::Best { op: *op, axis: *along, x: slot(x), row })
            }
            (op, ..) => Err(Ok(KernelError::Unsupported(format!("`{}` inside a panel", op.name())))),
        }
    }
}

/// Runs a panel on its operand blocks.
fn run(panel: &Panel, args: &mut dyn Spare) -> Result<Vec<Block>, KernelError> {
    let all = rows_of(panel, args)?;
    panel.kernels().for_each(interpret::Kernel::count);
    let most = panel.touched.tile(true, native::cache()).min(all);
    // The last tile may be a row longer.
    let room = if all > most && all % most == 1 { most + 1 } else { most };
    let over = panel.over(args, all);
    let mut placed = panel.placed(all, &over);
    let mut copies = Copies::new(panel, args, room, all);
    let mut states: Vec<State<'_>> = Vec::with_capacity(panel.steps.len());
    for i in 0..panel.steps.len() {
        let is_over = |k: usize| over.iter().any(|over| panel.made_by(over.result) == Some((i, k)));
        let kept: Vec<bool> = panel.kept[i].iter().enumerate().map(|(k, kept)| *kept && !is_over(k)).collect();
        let tile = Tile { panel, args, copies: &copies, before: &states, start: 0, rows: room };
        let state = State::begin(panel, i, &kept, &tile, all)?;
        states.push(state);
    }
    let mut start = 0;
    // An empty block has one empty tile: its totals are those of nothing.
    loop {
        let rows = next(all - start, most);
        copies.load(panel, args, start, rows)?;
        for (i, step) in panel.steps.iter().enumerate() {
            let (before, rest) = states.split_at_mut(i);
            let tile = Tile { panel, args, copies: &copies, before, start, rows };
            rest.first_mut().ok_or_else(|| panel.mismatch("a step without room"))?.take(step, &tile)?;
        }
        for over in &over {
            let width = panel.results[over.result].width().unwrap_or(0);
            let (step, k) = panel.made_by(over.result).ok_or_else(|| panel.mismatch("a result that nothing made"))?;
            let made = states.get(step).and_then(|state| state.rows(k, start, rows)).filter(|made| made.len() == rows * width);
            let written = made.and_then(|made| over.write(start * width, made.elements(), args));
            written.ok_or_else(|| panel.mismatch("an operand that cannot be written over"))?;
        }
        for Placed { result, axis, block } in &mut placed {
            let made = panel.made_by(*result).and_then(|(step, k)| states.get(step)?.rows(k, start, rows));
            let stored = made.and_then(|made| tile::store(&made, *axis, start, block));
            stored.ok_or_else(|| panel.mismatch("a result of another shape"))?;
        }
        start += rows;
        if start >= all {
            break;
        }
    }
    let kept = states.into_iter().map(State::kept).collect::<Result<Vec<_>, _>>()?;
    panel.results(kept, placed, &over, all, args)
}

/// A result that tiles are copied to.
struct Placed {
    result: usize,
    axis: usize,
    block: Block,
}

/// How many rows the operands have; checks their kinds.
fn rows_of(panel: &Panel, args: &dyn Operands) -> Result<usize, KernelError> {
    if args.count() != panel.params.len() {
        return Err(panel.mismatch(format!("{} operands, expected {}", args.count(), panel.params.len())));
    }
    let mut rows = None;
    for (at, param) in panel.params.iter().enumerate() {
        match args.read(at) {
            Some(Read::Elements(x)) if x.dtype() != param.dtype || x.rank() != param.rank => {
                let expected = format!("expected {} of rank {}", param.dtype, param.rank);
                return Err(panel.mismatch(format!("{}{:?}, {expected}", x.dtype(), x.shape().collect::<Vec<_>>())));
            }
            Some(Read::Elements(x)) if param.row.is_some_and(|axis| !is_as_long(&x, axis, &mut rows)) => {
                let shape: Vec<usize> = x.shape().collect();
                return Err(panel.mismatch(format!("{rows:?} rows and a block of {shape:?}")));
            }
            Some(Read::Scalar(_)) | None if param.row.is_some() => return Err(panel.mismatch("rows of a scalar")),
            Some(Read::Elements(_) | Read::Sliced(_) | Read::Scalar(_)) | None => {}
        }
    }
    rows.ok_or_else(|| panel.mismatch("no operand has rows"))
}

/// Whether a block has as many rows along an axis as those before it.
fn is_as_long(x: &View<'_>, axis: usize, rows: &mut Option<usize>) -> bool {
    x.size(axis).is_some_and(|n| *rows.get_or_insert(n) == n)
}

#[cfg(test)]
mod tests;
