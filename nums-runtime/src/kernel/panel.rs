//! `Kernel`: a prepared kernel task; a panel runs its kernels and products on one tile of rows after another.
//!
//! A tile of the row operands stays in the second-level cache while every step of the body takes its part: kernels by
//! `interpret`, products by `matmul`; what is summed over the rows is carried from tile to tile. Values of the body exist for
//! one tile only. Tiles are whole panels of every sum (`TILE_ROWS`), so that the bits are those of the steps one by one.

use super::interpret::{self, Carried};
use super::matmul::{TILE_ROWS, Total, rows_of_product};
use super::view::{Read, View};
use super::{KernelError, Operand};
use crate::block::Block;
use crate::element::with_type;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Op, Value};
use nums_ir::panel::{Role, roles};

/// Bytes of the row operands' part of a tile: with the body's values they fill half of a second-level cache.
const TILE_BYTES: usize = 192 << 10;

/// A kernel's body, prepared for running.
#[derive(Debug)]
pub struct Kernel(Form);

#[derive(Debug)]
enum Form {
    /// One element-wise group with its reductions.
    Loops(interpret::Kernel),
    Panel(Panel),
}

impl Kernel {
    /// Prepares a kernel's body.
    ///
    /// # Errors
    /// A body of another form.
    pub fn prepare(body: &Func) -> Result<Kernel, KernelError> {
        if body.rows.is_empty() {
            return interpret::Kernel::prepare(body).map(|k| Kernel(Form::Loops(k)));
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
            Form::Loops(kernel) => Form::Loops(kernel.interpreted()),
            Form::Panel(mut panel) => {
                let interpreted = |step| match step {
                    Step::Kernel { kernel, args, results } => {
                        Step::Kernel { kernel: Box::new(kernel.interpreted()), args, results }
                    }
                    Step::Rows { .. } | Step::Total { .. } => step,
                };
                panel.steps = panel.steps.into_iter().map(interpreted).collect();
                Form::Panel(panel)
            }
        })
    }

    /// Runs the kernel on operand blocks: its results in order.
    pub(super) fn run(&self, args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
        match &self.0 {
            Form::Loops(kernel) => kernel.run(args),
            Form::Panel(panel) => Run::new(panel, args)?.run(),
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
    /// Slot, dtype, and whether it is one row a row; else it is a total.
    results: Vec<(Slot, DType, bool)>,
    slots: usize,
}

#[derive(Debug)]
struct Param {
    slot: Slot,
    dtype: DType,
    rank: usize,
    row: bool,
}

#[derive(Debug)]
enum Step {
    Kernel {
        kernel: Box<interpret::Kernel>,
        args: Vec<Slot>,
        results: Vec<Slot>,
    },
    /// A product whose rows are those of its left operand.
    Rows {
        a: Slot,
        b: Slot,
        trans_b: bool,
        result: Slot,
    },
    /// A product contracted along the rows.
    Total {
        a: Slot,
        b: Slot,
        symmetric: bool,
        result: Slot,
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
                (Op::Kernel(inner), args, results) => Step::Kernel {
                    kernel: Box::new(interpret::Kernel::prepare(inner)?),
                    args: args.iter().map(slot).collect(),
                    results: results.iter().map(slot).collect(),
                },
                (Op::Matmul { trans_b, symmetric, .. }, [a, b], [r]) => match row(r) {
                    true => Step::Rows { a: slot(a), b: slot(b), trans_b: *trans_b, result: slot(r) },
                    false => Step::Total { a: slot(a), b: slot(b), symmetric: *symmetric, result: slot(r) },
                },
                (op, ..) => return Err(KernelError::Unsupported(format!("`{}` inside a panel", op.name()))),
            });
        }
        let param = |p: &Value| {
            let ty = body.ty(*p);
            Param { slot: slot(p), dtype: ty.dtype, rank: ty.rank().unwrap_or(0), row: row(p) }
        };
        Ok(Panel {
            name: body.name.clone(),
            params: body.params.iter().map(param).collect(),
            steps,
            results: body.results.iter().map(|r| (slot(r), body.ty(*r).dtype, row(r))).collect(),
            slots: body.values.len(),
        })
    }

    fn kernels(&self) -> impl Iterator<Item = &interpret::Kernel> {
        self.steps.iter().filter_map(|s| if let Step::Kernel { kernel, .. } = s { Some(&**kernel) } else { None })
    }

    fn mismatch(&self, why: impl Into<String>) -> KernelError {
        KernelError::mismatch(&self.name, why)
    }
}

/// What a step carries from tile to tile.
enum State {
    Kernel(Carried),
    Rows,
    /// Begun with the first tile.
    Unborn,
    F32(Total<f32>),
    F64(Total<f64>),
}

/// One execution of a panel.
struct Run<'a> {
    panel: &'a Panel,
    args: &'a [Operand<'a>],
    rows: usize,
    /// This tile: its first row, and how many it has.
    tile: (usize, usize),
    /// By slot: the parameter that it is.
    params: Vec<Option<usize>>,
    /// By slot that is no parameter: the rows of this tile; at the end the totals.
    tiles: Vec<Block>,
    states: Vec<State>,
}

impl<'a> Run<'a> {
    fn new(panel: &'a Panel, args: &'a [Operand<'a>]) -> Result<Run<'a>, KernelError> {
        if args.len() != panel.params.len() {
            return Err(panel.mismatch(format!("{} operands, expected {}", args.len(), panel.params.len())));
        }
        let mut rows = None;
        let mut params = vec![None; panel.slots];
        for (at, (param, arg)) in panel.params.iter().zip(args).enumerate() {
            params[param.slot] = Some(at);
            match arg {
                Operand::Block(b) if b.dtype() != param.dtype || b.shape().len() != param.rank => {
                    let expected = format!("expected {} of rank {}", param.dtype, param.rank);
                    return Err(panel.mismatch(format!("{}{:?}, {expected}", b.dtype(), b.shape())));
                }
                Operand::Block(b) if param.row && *rows.get_or_insert(b.shape()[0]) != b.shape()[0] => {
                    return Err(panel.mismatch(format!("blocks of {rows:?} and {} rows", b.shape()[0])));
                }
                Operand::Scalar(_) if param.row => return Err(panel.mismatch("rows of a scalar")),
                Operand::Block(_) | Operand::Scalar(_) => {}
            }
        }
        let rows = rows.ok_or_else(|| panel.mismatch("no operand has rows"))?;
        let state = |s: &Step| match s {
            Step::Kernel { .. } => State::Kernel(Carried::default()),
            Step::Rows { .. } => State::Rows,
            Step::Total { .. } => State::Unborn,
        };
        let states = panel.steps.iter().map(state).collect();
        let tiles = (0..panel.slots).map(|_| Block::default()).collect();
        Ok(Run { panel, args, rows, tile: (0, 0), params, tiles, states })
    }

    /// Rows of a tile: whole panels, as many as the budget holds.
    fn tile_rows(&self) -> usize {
        let row_bytes = |(param, arg): (&Param, &Operand<'_>)| match arg {
            Operand::Block(b) if param.row && self.rows > 0 => b.nbytes() / self.rows,
            Operand::Block(_) | Operand::Scalar(_) => 0,
        };
        let bytes: usize = self.panel.params.iter().zip(self.args).map(row_bytes).sum();
        (TILE_BYTES / bytes.max(1) / TILE_ROWS).clamp(1, 64) * TILE_ROWS
    }

    fn run(mut self) -> Result<Vec<Block>, KernelError> {
        self.panel.kernels().for_each(interpret::Kernel::count);
        let step = self.tile_rows();
        let mut results: Vec<Option<Block>> = self.panel.results.iter().map(|_| None).collect();
        let mut start = 0;
        // An empty block has one empty tile: its totals are those of nothing.
        loop {
            let rows = step.min(self.rows - start);
            self.tile = (start, rows);
            for i in 0..self.panel.steps.len() {
                self.step(i, rows)?;
            }
            for ((slot, _, _), result) in self.panel.results.iter().zip(&mut results).filter(|((_, _, row), _)| *row) {
                store(&self.view(*slot)?, result, start, self.rows)?;
            }
            start += rows;
            if start >= self.rows {
                break;
            }
        }
        self.totals()?;
        let made = self.panel.results.iter().zip(results);
        made.map(|((slot, dtype, _), result)| {
            let block = result.unwrap_or_else(|| self.tiles[*slot].clone());
            if block.dtype() == *dtype { Ok(block) } else { Err(self.panel.mismatch("a result of another dtype")) }
        })
        .collect()
    }

    /// A value as the tile's steps read it.
    fn operand(&self, slot: Slot) -> Result<Read<'_>, KernelError> {
        let view = match self.params[slot].map(|at| (self.panel.params[at].row, &self.args[at])) {
            None => Some(View::of(&self.tiles[slot])),
            Some((_, Operand::Scalar(scalar))) => return Ok(Read::Scalar(*scalar)),
            Some((false, Operand::Block(block))) => Some(View::of(block)),
            Some((true, Operand::Block(block))) => View::rows(block, self.tile.0, self.tile.1),
        };
        view.map(Read::Elements).ok_or_else(|| self.panel.mismatch("rows outside a block"))
    }

    fn view(&self, slot: Slot) -> Result<View<'_>, KernelError> {
        match self.operand(slot)? {
            Read::Elements(view) => Ok(view),
            Read::Scalar(_) => Err(self.panel.mismatch("rows or a product of a scalar")),
        }
    }

    fn step(&mut self, i: usize, rows: usize) -> Result<(), KernelError> {
        match &self.panel.steps[i] {
            Step::Kernel { kernel, args, results } => {
                let mut state = std::mem::replace(&mut self.states[i], State::Unborn);
                let State::Kernel(carried) = &mut state else { return Err(self.panel.mismatch("a step out of order")) };
                let operands = args.iter().map(|a| self.operand(*a)).collect::<Result<Vec<_>, _>>()?;
                let made = kernel.run_rows(&operands, carried, self.rows)?;
                self.states[i] = state;
                for (slot, block) in results.iter().zip(made) {
                    self.tiles[*slot] = block;
                }
            }
            Step::Rows { a, b, trans_b, result } => {
                self.tiles[*result] = rows_of_product(&self.view(*a)?, &self.view(*b)?, *trans_b, self.rows == 1)?;
            }
            Step::Total { a, b, symmetric, .. } => {
                let mut state = std::mem::replace(&mut self.states[i], State::Unborn);
                let (x, y) = (self.view(*a)?, self.view(*b)?);
                let wrong =
                    || self.panel.mismatch(format!("a product of {}{:?} and {}{:?}", x.dtype(), x.shape(), y.dtype(), y.shape()));
                let wide = |v: &View<'_>| v.shape().iter().skip(1).product::<usize>();
                let widths = (wide(&x), wide(&y));
                if x.shape().first() != Some(&rows) || y.shape().first() != Some(&rows) || (*symmetric && widths.0 != widths.1) {
                    return Err(wrong());
                }
                if matches!(state, State::Unborn) {
                    state = match x.dtype() {
                        DType::F32 => State::F32(Total::new(widths, *symmetric)),
                        DType::F64 => State::F64(Total::new(widths, *symmetric)),
                        _ => return Err(wrong()),
                    };
                }
                match &mut state {
                    State::F32(total) if y.dtype() == DType::F32 => total.feed(x.as_slice(), y.as_slice(), rows),
                    State::F64(total) if y.dtype() == DType::F64 => total.feed(x.as_slice(), y.as_slice(), rows),
                    State::F32(_) | State::F64(_) | State::Kernel(_) | State::Rows | State::Unborn => return Err(wrong()),
                }
                self.states[i] = state;
            }
        }
        Ok(())
    }

    /// Puts what was carried into its slots.
    fn totals(&mut self) -> Result<(), KernelError> {
        for (step, state) in self.panel.steps.iter().zip(std::mem::take(&mut self.states)) {
            match (step, state) {
                (Step::Kernel { kernel, results, .. }, State::Kernel(carried)) => {
                    for (k, block) in kernel.totals(carried)? {
                        self.tiles[results[k]] = block;
                    }
                }
                (Step::Total { a, b, result, .. }, State::F32(total)) => {
                    self.tiles[*result] = total.finish(&self.total_shape(*a, *b)?);
                }
                (Step::Total { a, b, result, .. }, State::F64(total)) => {
                    self.tiles[*result] = total.finish(&self.total_shape(*a, *b)?);
                }
                (Step::Rows { .. }, _) | (_, State::Rows | State::Unborn | State::Kernel(_) | State::F32(_) | State::F64(_)) => {}
            }
        }
        Ok(())
    }

    fn total_shape(&self, a: Slot, b: Slot) -> Result<Vec<usize>, KernelError> {
        Ok(self.view(a)?.shape().iter().skip(1).chain(self.view(b)?.shape().iter().skip(1)).copied().collect())
    }
}

/// Puts a tile's rows into their place in the result.
fn store(tile: &View<'_>, result: &mut Option<Block>, start: usize, rows: usize) -> Result<(), KernelError> {
    let mut shape = tile.shape().to_vec();
    let Some(first) = shape.first_mut() else { return Err(KernelError::mismatch("panel", "rows without an axis")) };
    *first = rows;
    let width: usize = tile.shape().iter().skip(1).product();
    let result = result.get_or_insert_with(|| Block::stale(tile.dtype(), &shape));
    with_type!(tile.dtype(), T => {
        result.as_mut_slice::<T>()[start * width..start * width + tile.elements().len()].copy_from_slice(tile.as_slice::<T>());
    });
    Ok(())
}

#[cfg(test)]
mod tests;
