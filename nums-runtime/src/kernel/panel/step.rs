//! The steps of a panel at work: their room, and what they carry from tile to tile.
//!
//! Kernels run by `interpret`, products by `matmul/tiles.rs`. What a step makes of a tile's rows is read by the steps behind it; rows that the
//! panel keeps, and that are first axes, are written to their places among all of them. Totals are complete when all tiles
//! were taken.

use super::tile::{Chosen, Tile};
use super::{Panel, Product, Slot, Step};
use crate::block::Block;
use crate::element::Element;
use crate::kernel::KernelError;
use crate::kernel::contract::{Contract, RowContraction};
use crate::kernel::data::best_places;
use crate::kernel::gemm::Real;
use crate::kernel::interpret;
use crate::kernel::matmul::{Field, RowProduct, Total};
use crate::kernel::op::{self, Apply};
use crate::kernel::view::View;
use nums_ir::dtype::DType;
use nums_ir::ops::ReduceOp;

/// A step at work.
pub(super) enum State<'p> {
    Kernel(interpret::Run<'p>),
    RowsF32 {
        product: RowProduct<f32>,
        made: Made,
    },
    RowsF64 {
        product: RowProduct<f64>,
        made: Made,
    },
    ContractF32 {
        product: RowContraction<f32>,
        made: Made,
    },
    ContractF64 {
        product: RowContraction<f64>,
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
pub(super) struct Made {
    block: Block,
    axis: usize,
    whole: bool,
}

impl Made {
    /// Room for the rows of a tile, `shape` along `axis`, or for `all`.
    fn new(dtype: DType, (mut shape, axis): (Vec<usize>, usize), kept: bool, all: usize) -> Made {
        if let (true, Some(rows)) = (kept, shape.get_mut(axis)) {
            *rows = all;
        }
        Made { block: Block::stale(dtype, &shape), axis, whole: kept }
    }

    fn view(&self, start: usize, rows: usize) -> Option<View<'_>> {
        match self.axis {
            0 => View::rows(&self.block, if self.whole { start } else { 0 }, rows),
            axis => View::resized(&self.block, axis, rows),
        }
    }

    /// The elements of `rows` rows.
    fn rows_mut<T: Element>(&mut self, start: usize, rows: usize) -> Option<&mut [T]> {
        let others = self.block.shape().iter().enumerate().filter(|(axis, _)| *axis != self.axis);
        let (at, width) = (if self.whole { start } else { 0 }, others.map(|(_, n)| n).product::<usize>());
        self.block.as_mut_slice::<T>().get_mut(at * width..(at + rows) * width)
    }

    fn kept(self) -> Vec<(usize, Block)> {
        if self.whole { vec![(0, self.block)] } else { Vec::new() }
    }
}

impl<'p> State<'p> {
    /// Step `i` with its room, for tiles no larger than `tile` of `rows` rows in all.
    pub(super) fn begin(
        panel: &'p Panel,
        i: usize,
        kept: &[bool],
        tile: &Tile<'_>,
        rows: usize,
    ) -> Result<State<'p>, KernelError> {
        let one = kept.first() == Some(&true);
        match &panel.steps[i] {
            Step::Kernel { kernel, args, axis } => {
                let rows = interpret::Rows { all: rows, axis: *axis, kept };
                interpret::Run::begin(kernel, &Chosen(tile, args), Some(rows)).map(State::Kernel)
            }
            Step::Rows { product, axis } => {
                let made = |dtype, shape: &[usize]| {
                    let mut shape = shape.to_vec();
                    shape.get_mut(*axis).into_iter().for_each(|n| *n = tile.rows);
                    Made::new(dtype, (shape, *axis), one, rows)
                };
                let (x, y) = tile.both(product.a, product.b)?;
                let misfit = || tile.misfit(&x, &y);
                let (a, b) = (panel.whole(product.a, &x, rows), panel.whole(product.b, &y, rows));
                match (x.dtype(), y.dtype()) {
                    (DType::F32, DType::F32) => {
                        let product = RowProduct::new(a, b, product.trans).ok_or_else(misfit)?;
                        Ok(State::RowsF32 { made: made(DType::F32, &product.shape()), product })
                    }
                    (DType::F64, DType::F64) => {
                        let product = RowProduct::new(a, b, product.trans).ok_or_else(misfit)?;
                        Ok(State::RowsF64 { made: made(DType::F64, &product.shape()), product })
                    }
                    _ => Err(misfit()),
                }
            }
            Step::Contract { spec, pairs, args } => {
                let views = args.iter().map(|x| tile.view(*x)).collect::<Result<Vec<_>, _>>()?;
                let shapes: Vec<Vec<usize>> = args.iter().zip(&views).map(|(x, view)| panel.whole(*x, view, rows)).collect();
                let misfit = || panel.mismatch(format!("a contraction \"{spec}\" of {shapes:?}"));
                let tiles: Vec<Vec<usize>> = views.iter().map(|view| view.shape().collect()).collect();
                let sizes = spec.sizes(&tiles.iter().map(|s| &s[..]).collect::<Vec<_>>()).ok_or_else(misfit)?;
                let shape: Vec<usize> = spec.result.iter().map(|i| sizes[i]).collect();
                let made = |dtype| Made::new(dtype, (shape.clone(), 0), one, rows);
                match views.first().map(View::dtype) {
                    Some(DType::F32) => {
                        let product = RowContraction::new(spec, pairs, &shapes).ok_or_else(misfit)?;
                        Ok(State::ContractF32 { product, made: made(DType::F32) })
                    }
                    Some(DType::F64) => {
                        let product = RowContraction::new(spec, pairs, &shapes).ok_or_else(misfit)?;
                        Ok(State::ContractF64 { product, made: made(DType::F64) })
                    }
                    _ => Err(misfit()),
                }
            }
            Step::Best { op, axis, x, row } => {
                let mut shape: Vec<usize> = tile.view(*x)?.shape().collect();
                match shape.get_mut(*axis) {
                    Some(0) => return Err(KernelError::EmptyReduction(*op)),
                    Some(n) if axis != row => *n = 1,
                    Some(_) | None => return Err(tile.panel.mismatch(format!("the best along axis {axis}"))),
                }
                Ok(State::Best(Made::new(DType::I64, (shape, *row), one, rows)))
            }
            Step::Total { product: Product { a, b, trans }, symmetric } => {
                let (x, y) = tile.both(*a, *b)?;
                let misfit = || tile.misfit(&x, &y);
                let (a, b) = (panel.whole(*a, &x, rows), panel.whole(*b, &y, rows));
                match (x.dtype(), y.dtype()) {
                    (DType::F32, DType::F32) => {
                        let total = Total::new(a, b, *trans, *symmetric).ok_or_else(misfit)?;
                        Ok(State::TotalF32 { shape: total.shape(), total })
                    }
                    (DType::F64, DType::F64) => {
                        let total = Total::new(a, b, *trans, *symmetric).ok_or_else(misfit)?;
                        Ok(State::TotalF64 { shape: total.shape(), total })
                    }
                    _ => Err(misfit()),
                }
            }
        }
    }

    /// Result `k` of the tile's rows.
    pub(super) fn rows(&self, k: usize, start: usize, rows: usize) -> Option<View<'_>> {
        match self {
            State::Kernel(run) => run.result(k, rows),
            State::RowsF32 { made, .. } | State::RowsF64 { made, .. } | State::Best(made) => made.view(start, rows),
            State::ContractF32 { made, .. } | State::ContractF64 { made, .. } => made.view(start, rows),
            State::TotalF32 { .. } | State::TotalF64 { .. } => None,
        }
    }

    /// Takes a tile.
    pub(super) fn take(&mut self, step: &Step, tile: &Tile<'_>) -> Result<(), KernelError> {
        match (self, step) {
            (State::Kernel(run), Step::Kernel { args, .. }) => run.rows(&Chosen(tile, args), tile.start, tile.rows),
            (State::RowsF32 { product, made }, Step::Rows { product: of, .. }) => multiply(product, made, tile, of),
            (State::RowsF64 { product, made }, Step::Rows { product: of, .. }) => multiply(product, made, tile, of),
            (State::ContractF32 { product, made }, Step::Contract { args, .. }) => contract(product, made, tile, args),
            (State::ContractF64 { product, made }, Step::Contract { args, .. }) => contract(product, made, tile, args),
            (State::Best(made), Step::Best { op, axis, x, .. }) => {
                best(*op, *axis, made, tile, *x).ok_or_else(|| tile.panel.mismatch("rows of another width"))
            }
            (State::TotalF32 { total, .. }, Step::Total { product, .. }) => {
                let (x, y) = tile.both(product.a, product.b)?;
                total.feed(&x, &y).ok_or_else(|| tile.misfit(&x, &y))
            }
            (State::TotalF64 { total, .. }, Step::Total { product, .. }) => {
                let (x, y) = tile.both(product.a, product.b)?;
                total.feed(&x, &y).ok_or_else(|| tile.misfit(&x, &y))
            }
            (State::Kernel(_) | State::RowsF32 { .. } | State::RowsF64 { .. } | State::Best(_), _)
            | (State::ContractF32 { .. } | State::ContractF64 { .. } | State::TotalF32 { .. } | State::TotalF64 { .. }, _) => {
                Err(tile.panel.mismatch("a step out of order"))
            }
        }
    }

    /// What the panel keeps: which results of the step, and their blocks.
    pub(super) fn kept(self) -> Result<Vec<(usize, Block)>, KernelError> {
        match self {
            State::Kernel(run) => run.kept(),
            State::RowsF32 { made, .. } | State::RowsF64 { made, .. } | State::Best(made) => Ok(made.kept()),
            State::ContractF32 { made, .. } | State::ContractF64 { made, .. } => Ok(made.kept()),
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
    of: &Product,
) -> Result<(), KernelError>
where
    op::Add: Apply<(T, T), Out = T>,
    op::Multiply: Apply<(T, T), Out = T>,
{
    let (x, y) = tile.both(of.a, of.b)?;
    made.rows_mut(tile.start, tile.rows).and_then(|out| product.run(&x, &y, out)).ok_or_else(|| tile.misfit(&x, &y))
}

/// The rows of a contraction for a tile.
fn contract<T: Contract>(
    product: &mut RowContraction<T>,
    made: &mut Made,
    tile: &Tile<'_>,
    args: &[Slot],
) -> Result<(), KernelError> {
    let views = args.iter().map(|x| tile.view(*x)).collect::<Result<Vec<_>, _>>()?;
    let done = made.rows_mut(tile.start, tile.rows).and_then(|out| product.run(&views, out));
    done.ok_or_else(|| tile.panel.mismatch("a contraction of other shapes"))
}

/// Positions of the best of a tile's rows.
fn best(op: ReduceOp, axis: usize, made: &mut Made, tile: &Tile<'_>, x: Slot) -> Option<()> {
    let x = tile.view(x).ok()?;
    let (n, before) = (x.size(axis)?, x.shape().take(axis).product::<usize>());
    let after: usize = x.shape().skip(axis + 1).product();
    let places = made.rows_mut::<i64>(tile.start, tile.rows).filter(|places| places.len() == before * after)?;
    best_places(op, x.elements(), (before, n, after), places);
    Some(())
}
