//! `Kernel`: a prepared kernel task; a panel runs its kernels and products on one tile of rows after another.
//!
//! A tile of the row operands stays in the second-level cache while every step of the body takes its part: kernels by
//! `interpret`, products by `matmul`; what is summed over the rows is carried from tile to tile. Values of the body exist for
//! one tile only, but for those that are results: they are written to their place, or over an operand's rows (`over`). Tiles are whole panels of every sum (`nums_ir::tiling`), so that the bits are those of the steps one by one.
//! All room is made before the first tile; the tiles allocate nothing.

use super::data::best_places;
use super::gemm::Real;
use super::interpret;
use super::matmul::Field;
use super::matmul::{RowProduct, Total};
use super::op::{self, Apply};
use super::over::Over;
use super::sliced::Parts;
use super::view::{Operands, Read, Spare, View};
use super::{KernelError, Operand};
use crate::block::Block;
use crate::element::Element;
use crate::native;
use nums_ir::data::DataOp;
use nums_ir::dim::Dim;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Op, Value};
use nums_ir::graph::SlicedTask;
use nums_ir::ops::ReduceOp;
use nums_ir::panel::{Role, roles};
use nums_ir::tiling::Touched;

/// A kernel's body, prepared for running.
#[derive(Debug)]
pub struct Kernel(Form);

#[derive(Debug)]
enum Form {
    /// One element-wise group with its reductions.
    Loops(Box<interpret::Kernel>),
    Panel(Panel),
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
        Panel::prepare(body).map(|p| Kernel(Form::Panel(p)))
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
                    Step::Kernel { kernel, args } => Step::Kernel { kernel: Box::new(kernel.interpreted()), args },
                    Step::Rows { .. } | Step::Best { .. } | Step::Total { .. } => step,
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
    /// By slot: where its elements are.
    homes: Vec<Home>,
    /// By step and its results: whether the panel keeps their rows.
    kept: Vec<Vec<bool>>,
    /// What a tile touches.
    touched: Touched,
}

/// A result of the body.
#[derive(Debug)]
struct Outcome {
    slot: Slot,
    dtype: DType,
    /// The sizes of a row; none of a total.
    row: Option<Vec<usize>>,
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
    row: bool,
}

#[derive(Debug)]
enum Step {
    Kernel {
        kernel: Box<interpret::Kernel>,
        args: Vec<Slot>,
    },
    /// A product whose rows are those of its left operand.
    Rows {
        a: Slot,
        b: Slot,
        trans_b: bool,
    },
    /// Positions of the best along an axis inside the rows.
    Best {
        op: ReduceOp,
        axis: usize,
        x: Slot,
    },
    /// A product contracted along the rows.
    Total {
        a: Slot,
        b: Slot,
        symmetric: bool,
    },
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
        let row = |v: &Value| roles[slot(v)] == Role::Row;
        let mut steps = Vec::with_capacity(body.insts.len());
        for inst in &body.insts {
            steps.push(match (&inst.op, &inst.args[..], &inst.results[..]) {
                (Op::Kernel(inner), args, _) => {
                    Step::Kernel { kernel: Box::new(interpret::Kernel::prepare(inner)?), args: args.iter().map(slot).collect() }
                }
                (Op::Matmul { trans_b, symmetric, .. }, [a, b], [r]) => match row(r) {
                    true => Step::Rows { a: slot(a), b: slot(b), trans_b: *trans_b },
                    false => Step::Total { a: slot(a), b: slot(b), symmetric: *symmetric },
                },
                (Op::Data(DataOp::ArgBest { op, axis }), [x], [_]) => Step::Best { op: *op, axis: *axis, x: slot(x) },
                (op, ..) => return Err(KernelError::Unsupported(format!("`{}` inside a panel", op.name()))),
            });
        }
        let param = |p: &Value| {
            let ty = body.ty(*p);
            Param { dtype: ty.dtype, rank: ty.rank().unwrap_or(0), row: row(p) }
        };
        // A value that nothing defines is read by nothing: `roles` and the check above.
        let mut homes = vec![Home::Param(usize::MAX); body.values.len()];
        body.params.iter().enumerate().for_each(|(at, p)| homes[slot(p)] = Home::Param(at));
        for (i, inst) in body.insts.iter().enumerate() {
            inst.results.iter().enumerate().for_each(|(k, r)| homes[slot(r)] = Home::Step(i, k));
        }
        let kept = |r: &Value| row(r) && body.results.contains(r);
        let size = |d: &Dim| d.as_const().and_then(|n| usize::try_from(n).ok());
        let outcome = |r: &Value| {
            let ty = body.ty(*r);
            let row = ty.dims().filter(|_| row(r)).and_then(|dims| dims.iter().skip(1).map(size).collect());
            Outcome { slot: slot(r), dtype: ty.dtype, row }
        };
        Ok(Panel {
            kept: body.insts.iter().map(|inst| inst.results.iter().map(kept).collect()).collect(),
            name: body.name.clone(),
            params: body.params.iter().map(param).collect(),
            steps,
            results: body.results.iter().map(outcome).collect(),
            homes,
            touched: Touched::by(body),
        })
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
                let is_row = |operand: usize| self.params.get(operand).is_some_and(|param| param.row);
                over.extend(Over::find(at, (result.dtype, rows * width), args, &over, is_row));
            }
        }
        over
    }

    /// The results in order, of `rows` rows: what the steps kept, and what was written over operands.
    fn results(
        &self,
        mut kept: Vec<Vec<(usize, Block)>>,
        over: &[Over],
        rows: usize,
        args: &mut dyn Spare,
    ) -> Result<Vec<Block>, KernelError> {
        let missing = || self.mismatch("a result that nothing made");
        let mut results: Vec<Block> = Vec::with_capacity(self.results.len());
        for (i, result) in self.results.iter().enumerate() {
            let (step, k) = self.made_by(i).ok_or_else(missing)?;
            let again = self.results[..i].iter().position(|before| before.slot == result.slot);
            let block = match (again, over.iter().find(|over| over.result == i)) {
                (Some(first), _) => results.get(first).cloned(),
                (None, Some(over)) => {
                    let shape: Vec<usize> = std::iter::once(rows).chain(result.row.iter().flatten().copied()).collect();
                    over.finish(result.dtype, &shape, args)
                }
                (None, None) => {
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
    /// Elements of a row.
    fn width(&self) -> Option<usize> {
        self.row.as_ref().map(|row| row.iter().product())
    }
}

/// A step at work: its room, and what it carries from tile to tile.
enum State<'p> {
    Kernel(interpret::Run<'p>),
    RowsF32 {
        product: RowProduct<f32>,
        made: Made,
    },
    RowsF64 {
        product: RowProduct<f64>,
        made: Made,
    },
    /// Positions, one for each of the other axes' elements.
    Best(Made),
    TotalF32 {
        total: Total<f32>,
        shape: Vec<usize>,
    },
    TotalF64 {
        total: Total<f64>,
        shape: Vec<usize>,
    },
}

/// Rows that a step makes: of a tile, or of all tiles if the panel keeps them.
struct Made {
    block: Block,
    whole: bool,
}

impl Made {
    /// Room for the rows of a tile, `shape`, or for `all`.
    fn new(dtype: DType, mut shape: Vec<usize>, kept: bool, all: usize) -> Made {
        if let (true, Some(rows)) = (kept, shape.first_mut()) {
            *rows = all;
        }
        Made { block: Block::stale(dtype, &shape), whole: kept }
    }

    fn at(&self, start: usize) -> usize {
        if self.whole { start } else { 0 }
    }

    fn view(&self, start: usize, rows: usize) -> Option<View<'_>> {
        View::rows(&self.block, self.at(start), rows)
    }

    /// The elements of `rows` rows.
    fn rows_mut<T: Element>(&mut self, start: usize, rows: usize) -> Option<&mut [T]> {
        let (at, width) = (self.at(start), self.block.shape().iter().skip(1).product::<usize>());
        self.block.as_mut_slice::<T>().get_mut(at * width..(at + rows) * width)
    }

    fn kept(self) -> Vec<(usize, Block)> {
        if self.whole { vec![(0, self.block)] } else { Vec::new() }
    }
}

/// What a step sees: the task's operands, and what the steps before it made of this tile.
struct Tile<'a> {
    panel: &'a Panel,
    args: &'a dyn Operands,
    before: &'a [State<'a>],
    start: usize,
    rows: usize,
}

/// Some values of a tile as the operands of a kernel.
struct Chosen<'a>(&'a Tile<'a>, &'a [Slot]);

impl Operands for Chosen<'_> {
    fn count(&self) -> usize {
        self.1.len()
    }

    fn read(&self, index: usize) -> Option<Read<'_>> {
        self.0.read(*self.1.get(index)?)
    }
}

impl Tile<'_> {
    /// A value as the tile's steps read it.
    fn read(&self, slot: Slot) -> Option<Read<'_>> {
        let view = match *self.panel.homes.get(slot)? {
            Home::Param(at) => match (self.panel.params.get(at)?.row, self.args.read(at)?) {
                (_, Read::Scalar(scalar)) => return Some(Read::Scalar(scalar)),
                (false, Read::Elements(whole)) => Some(whole),
                (true, Read::Elements(all)) => all.cut(self.start, self.rows),
                (_, Read::Sliced(_)) => None,
            },
            Home::Step(step, k) => self.before.get(step)?.rows(k, self.start, self.rows),
        };
        view.map(Read::Elements)
    }

    fn view(&self, slot: Slot) -> Result<View<'_>, KernelError> {
        match self.read(slot) {
            Some(Read::Elements(view)) => Ok(view),
            Some(Read::Scalar(_) | Read::Sliced(_)) => Err(self.panel.mismatch("rows or a product of a scalar")),
            None => Err(self.panel.mismatch("a value that is not there")),
        }
    }

    fn both(&self, a: Slot, b: Slot) -> Result<(View<'_>, View<'_>), KernelError> {
        Ok((self.view(a)?, self.view(b)?))
    }

    fn misfit(&self, x: &View<'_>, y: &View<'_>) -> KernelError {
        let shape = |v: &View<'_>| v.shape().collect::<Vec<_>>();
        self.panel.mismatch(format!("a product of {}{:?} and {}{:?}", x.dtype(), shape(x), y.dtype(), shape(y)))
    }
}

impl<'p> State<'p> {
    /// Step `i` with its room, for tiles no larger than `tile` of `rows` rows in all.
    fn begin(panel: &'p Panel, i: usize, kept: &[bool], tile: &Tile<'_>, rows: usize) -> Result<State<'p>, KernelError> {
        let step = &panel.steps[i];
        let one = kept.first() == Some(&true);
        match step {
            Step::Kernel { kernel, args } => {
                let rows = interpret::Rows { all: rows, kept };
                interpret::Run::begin(kernel, &Chosen(tile, args), Some(rows)).map(State::Kernel)
            }
            Step::Rows { a, b, trans_b } => {
                let (x, y) = tile.both(*a, *b)?;
                let width = if *trans_b { y.size(0) } else { y.size(1) };
                let shape: Vec<usize> = std::iter::once(tile.rows).chain(y.size(1).and(width)).collect();
                let made = Made::new(x.dtype(), shape, one, rows);
                match x.dtype() {
                    DType::F32 => Ok(State::RowsF32 { product: RowProduct::new(*trans_b, rows == 1), made }),
                    DType::F64 => Ok(State::RowsF64 { product: RowProduct::new(*trans_b, rows == 1), made }),
                    _ => Err(tile.misfit(&x, &y)),
                }
            }
            Step::Best { op, axis, x } => {
                let mut shape: Vec<usize> = tile.view(*x)?.shape().collect();
                match shape.get_mut(*axis) {
                    Some(0) => return Err(KernelError::EmptyReduction(*op)),
                    Some(n) if *axis > 0 => *n = 1,
                    Some(_) | None => return Err(tile.panel.mismatch(format!("the best along axis {axis}"))),
                }
                Ok(State::Best(Made::new(DType::I64, shape, one, rows)))
            }
            Step::Total { a, b, symmetric } => {
                let (x, y) = tile.both(*a, *b)?;
                let widths = (x.width(), y.width());
                let shape = x.shape().skip(1).chain(y.shape().skip(1)).collect();
                match (x.dtype(), y.dtype()) {
                    _ if *symmetric && widths.0 != widths.1 => Err(tile.misfit(&x, &y)),
                    (DType::F32, DType::F32) => Ok(State::TotalF32 { total: Total::new(widths, *symmetric), shape }),
                    (DType::F64, DType::F64) => Ok(State::TotalF64 { total: Total::new(widths, *symmetric), shape }),
                    _ => Err(tile.misfit(&x, &y)),
                }
            }
        }
    }

    /// Result `k` of the tile's rows.
    fn rows(&self, k: usize, start: usize, rows: usize) -> Option<View<'_>> {
        match self {
            State::Kernel(run) => run.result(k, rows),
            State::RowsF32 { made, .. } | State::RowsF64 { made, .. } | State::Best(made) => made.view(start, rows),
            State::TotalF32 { .. } | State::TotalF64 { .. } => None,
        }
    }

    /// Takes a tile.
    fn take(&mut self, step: &Step, tile: &Tile<'_>) -> Result<(), KernelError> {
        let rows = tile.rows;
        match (self, step) {
            (State::Kernel(run), Step::Kernel { args, kernel: _ }) => run.rows(&Chosen(tile, args), tile.start, rows),
            (State::RowsF32 { product, made }, Step::Rows { a, b, .. }) => multiply(product, made, tile, *a, *b),
            (State::RowsF64 { product, made }, Step::Rows { a, b, .. }) => multiply(product, made, tile, *a, *b),
            (State::Best(made), Step::Best { op, axis, x }) => {
                best(*op, *axis, made, tile, &tile.view(*x)?).ok_or_else(|| tile.panel.mismatch("rows of another width"))
            }
            (State::TotalF32 { total, .. }, Step::Total { a, b, .. }) => {
                let (x, y) = tile.both(*a, *b)?;
                total.feed(x.as_slice(), y.as_slice(), rows).ok_or_else(|| tile.misfit(&x, &y))
            }
            (State::TotalF64 { total, .. }, Step::Total { a, b, .. }) => {
                let (x, y) = tile.both(*a, *b)?;
                total.feed(x.as_slice(), y.as_slice(), rows).ok_or_else(|| tile.misfit(&x, &y))
            }
            (State::Kernel(_) | State::RowsF32 { .. } | State::RowsF64 { .. } | State::Best(_), _)
            | (State::TotalF32 { .. } | State::TotalF64 { .. }, _) => Err(tile.panel.mismatch("a step out of order")),
        }
    }

    /// What the panel keeps: which results of the step, and their blocks.
    fn kept(self) -> Result<Vec<(usize, Block)>, KernelError> {
        match self {
            State::Kernel(run) => run.kept(),
            State::RowsF32 { made, .. } | State::RowsF64 { made, .. } | State::Best(made) => Ok(made.kept()),
            State::TotalF32 { total, shape } => Ok(vec![(0, total.finish(&shape))]),
            State::TotalF64 { total, shape } => Ok(vec![(0, total.finish(&shape))]),
        }
    }
}

/// The rows of a product for a tile.
fn multiply<T: Real + Field>(
    product: &mut RowProduct<T>,
    made: &mut Made,
    tile: &Tile<'_>,
    a: Slot,
    b: Slot,
) -> Result<(), KernelError>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    let (x, y) = tile.both(a, b)?;
    made.rows_mut(tile.start, tile.rows).and_then(|out| product.run(&x, &y, out)).ok_or_else(|| tile.misfit(&x, &y))
}

/// Positions of the best of a tile's rows.
fn best(op: ReduceOp, axis: usize, made: &mut Made, tile: &Tile<'_>, x: &View<'_>) -> Option<()> {
    let (n, before) = (x.size(axis)?, x.shape().take(axis).product::<usize>());
    let after: usize = x.shape().skip(axis + 1).product();
    let places = made.rows_mut::<i64>(tile.start, tile.rows).filter(|places| places.len() == before * after)?;
    best_places(op, x.elements(), (before, n, after), places);
    Some(())
}

/// Runs a panel on its operand blocks.
fn run(panel: &Panel, args: &mut dyn Spare) -> Result<Vec<Block>, KernelError> {
    let all = rows_of(panel, args)?;
    panel.kernels().for_each(interpret::Kernel::count);
    let most = panel.touched.tile(true, native::cache()).min(all);
    let over = panel.over(args, all);
    let mut states: Vec<State<'_>> = Vec::with_capacity(panel.steps.len());
    for i in 0..panel.steps.len() {
        let is_over = |k: usize| over.iter().any(|over| panel.made_by(over.result) == Some((i, k)));
        let kept: Vec<bool> = panel.kept[i].iter().enumerate().map(|(k, kept)| *kept && !is_over(k)).collect();
        let state = State::begin(panel, i, &kept, &Tile { panel, args, before: &states, start: 0, rows: most }, all)?;
        states.push(state);
    }
    let mut start = 0;
    // An empty block has one empty tile: its totals are those of nothing.
    loop {
        let rows = most.min(all - start);
        for (i, step) in panel.steps.iter().enumerate() {
            let (before, rest) = states.split_at_mut(i);
            let tile = Tile { panel, args, before, start, rows };
            rest.first_mut().ok_or_else(|| panel.mismatch("a step without room"))?.take(step, &tile)?;
        }
        for over in &over {
            let width = panel.results[over.result].width().unwrap_or(0);
            let (step, k) = panel.made_by(over.result).ok_or_else(|| panel.mismatch("a result that nothing made"))?;
            let made = states.get(step).and_then(|state| state.rows(k, start, rows)).filter(|made| made.len() == rows * width);
            let written = made.and_then(|made| over.write(start * width, made.elements(), args));
            written.ok_or_else(|| panel.mismatch("an operand that cannot be written over"))?;
        }
        start += rows;
        if start >= all {
            break;
        }
    }
    let kept = states.into_iter().map(State::kept).collect::<Result<Vec<_>, _>>()?;
    panel.results(kept, &over, all, args)
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
            Some(Read::Elements(x)) if param.row && Some(*rows.get_or_insert(x.size(0).unwrap_or(0))) != x.size(0) => {
                return Err(panel.mismatch(format!("blocks of {rows:?} and {:?} rows", x.size(0))));
            }
            Some(Read::Scalar(_)) | None if param.row => return Err(panel.mismatch("rows of a scalar")),
            Some(Read::Elements(_) | Read::Sliced(_) | Read::Scalar(_)) | None => {}
        }
    }
    rows.ok_or_else(|| panel.mismatch("no operand has rows"))
}

#[cfg(test)]
mod tests;
