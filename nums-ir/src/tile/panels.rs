//! Panels over blocks: one task a block of rows, totals joined in a tree.
//!
//! Rows are cut as in the operand with most elements, and further until no block of rows that come out is larger than any product's
//! (`grid::BLOCK`): unless totals come out too, of which the cut decides the bits. What a panel needs of the sizes is checked here:
//! every row operand in one block across its rows, whole operands cut nowhere that can be felt, and they and totals within `BUDGET`.
//! Where blocks are cut otherwise, but so that the whole body can be walked along another axis, it is (stacks of matrices).
//! Totals that are too large leave the panel and are summed by themselves; where something else fails the panel is split into the
//! kernels and products that it holds. The graph says why, and the answer is the same to the last bit.

use super::{Handle, Tiler, sizes};
use crate::diag::Diag;
use crate::func::{Func, Inst, Op, Value};
use crate::graph::{Arg, ArrayId, BlockId, TaskOp};
use crate::grid::{BLOCK, Grid};
use crate::ops::{Identity, ReduceOp};
use crate::panel::{Role, pairs, roles, walks};
use std::collections::HashMap;

/// Bytes of whole operands and totals that stay beside the tiles of a task: a Newton step of 800 columns is a fifth faster with them than apart,
/// one of 1,400 no slower.
const BUDGET: usize = 16 << 20;

/// Why a panel does not run on these blocks.
enum Misfit {
    /// So many bytes would stay beside its tiles.
    Beside(usize),
    Other(String),
}

/// Whether blocks of a whole operand would be joined along an axis in any case: products contract it with something larger, whose
/// rows are whole. A cut along another axis would be one of what the products and kernels make, and of sums along it.
fn is_joined(body: &Func, p: Value, axis: usize) -> bool {
    let elements = |v: Value| sizes(body, v).iter().product::<usize>();
    body.insts.iter().filter(|inst| inst.args.contains(&p)).all(|inst| match (&inst.op, &inst.args[..]) {
        (Op::Matmul { trans_b, .. }, [a, b]) => {
            *b == p && *a != p && axis == usize::from(*trans_b) && elements(*a) >= elements(p)
        }
        _ => false,
    })
}

/// Rows of which no result has more bytes than a block of a product.
fn narrowed(body: &Func, roles: &[Role], mut rows: usize) -> usize {
    let row = |r: &Value| {
        let own = sizes(body, *r).into_iter().enumerate().filter(|(axis, _)| roles[r.0 as usize] != Role::Row(*axis));
        own.map(|(_, n)| n).product::<usize>().saturating_mul(body.ty(*r).dtype.size())
    };
    let widest = body.results.iter().map(row).max().unwrap_or(0);
    while rows > 1 && rows.saturating_mul(widest) > BLOCK {
        rows = rows.div_ceil(2);
    }
    rows
}

impl Tiler {
    pub(super) fn panel(&mut self, func: &Func, inst: &Inst, panel: &Func) -> Result<(), Diag> {
        let (body, why) = match self.fits(func, inst, panel) {
            Ok((roles, rows)) => return self.panel_tasks(func, inst, panel, &roles, rows),
            Err(Misfit::Beside(bytes)) => {
                let why = format!("{bytes} bytes would stay beside its tiles, the limit is {BUDGET}");
                (relieved(panel, bytes - BUDGET), why)
            }
            Err(Misfit::Other(why)) => {
                for rows in walks(panel) {
                    let turned = Func { rows, ..panel.clone() };
                    if let Ok((roles, rows)) = self.fits(func, inst, &turned) {
                        return self.panel_tasks(func, inst, &turned, &roles, rows);
                    }
                }
                (None, why)
            }
        };
        self.graph.notes.push(format!("split {}: {why}", panel.name));
        self.split(inst, body.as_ref().unwrap_or(panel))
    }

    /// The roles of the body's values, and how many rows a block has.
    fn fits(&self, func: &Func, inst: &Inst, body: &Func) -> Result<(Vec<Role>, usize), Misfit> {
        let roles = roles(body).map_err(Misfit::Other)?;
        let role = |v: &Value| roles[v.0 as usize];
        let anew = |i: &&Inst| matches!(&i.op, Op::Contract(spec) if pairs(body, i, spec).is_none());
        if let Some(i) = body.insts.iter().find(anew) {
            let name = &crate::text::value_names(body)[i.results[0].0 as usize];
            return Err(Misfit::Other(format!("a pair of %{name} would be contracted anew for every tile")));
        }
        let mut beside = 0usize;
        let mut largest: Option<(usize, usize)> = None;
        for (arg, p) in inst.args.iter().zip(&body.params) {
            let (name, Handle::Array(x)) = (&self.names[arg.0 as usize], self.handles[arg]) else { continue };
            let (grid, n) = (self.grid(x), sizes(func, *arg).iter().product::<usize>());
            let Role::Row(row) = role(p) else {
                if let Some(axis) = (0..grid.rank()).find(|a| grid.parts(*a) > 1 && !is_joined(body, *p, *a)) {
                    return Err(Misfit::Other(format!("%{name} is needed whole and cut along axis {axis}")));
                }
                beside = beside.saturating_add(n.saturating_mul(func.ty(*arg).dtype.size()));
                continue;
            };
            if let Some(axis) = (0..grid.rank()).find(|a| *a != row && grid.parts(*a) > 1) {
                return Err(Misfit::Other(format!("%{name} is cut along axis {axis}")));
            }
            if largest.is_none_or(|(most, _)| n > most) {
                largest = Some((n, grid.block_shape()[row]));
            }
        }
        for r in body.results.iter().filter(|r| matches!(role(r), Role::Total(_))) {
            beside = beside.saturating_add(bytes(body, *r));
        }
        if beside > BUDGET {
            return Err(Misfit::Beside(beside));
        }
        let (_, rows) = largest.ok_or_else(|| Misfit::Other("no operand has rows".to_owned()))?;
        let rows =
            if body.results.iter().any(|r| matches!(role(r), Role::Total(_))) { rows } else { narrowed(body, &roles, rows) };
        Ok((roles, rows))
    }

    /// The instructions of the body one by one.
    fn split(&mut self, inst: &Inst, body: &Func) -> Result<(), Diag> {
        let inner: HashMap<Value, Handle> = body.params.iter().zip(&inst.args).map(|(p, a)| (*p, self.handles[a])).collect();
        let outer = std::mem::replace(&mut self.handles, inner);
        let names = std::mem::replace(&mut self.names, crate::text::value_names(body));
        // Numbers of values mean others inside.
        let (in_place, views) = (std::mem::take(&mut self.in_place), std::mem::take(&mut self.views));
        let unread = std::mem::take(&mut self.unread);
        let done = body.insts.iter().try_for_each(|i| self.inst(body, i));
        let inner = std::mem::replace(&mut self.handles, outer);
        (self.names, self.in_place, self.views, self.unread) = (names, in_place, views, unread);
        done?;
        for (r, own) in inst.results.iter().zip(&body.results) {
            self.handles.insert(*r, inner[own]);
            if let Handle::Array(id) = inner[own] {
                self.graph.arrays[id.0 as usize].name = self.names[r.0 as usize].clone();
            }
        }
        Ok(())
    }

    fn panel_tasks(&mut self, func: &Func, inst: &Inst, body: &Func, roles: &[Role], rows: usize) -> Result<(), Diag> {
        self.count_reads(func, inst);
        let role = |v: &Value| roles[v.0 as usize];
        let mut operands = Vec::with_capacity(inst.args.len());
        for (arg, p) in inst.args.iter().zip(&body.params) {
            let handle = match self.handles[arg] {
                Handle::Scalar(s) => Handle::Scalar(s),
                Handle::Array(x) => {
                    let mut block = self.grid(x).shape().to_vec();
                    if let Role::Row(axis) = role(p) {
                        block[axis] = rows;
                    }
                    let to = Grid::new(self.grid(x).shape(), &block);
                    Handle::Array(self.recut(x, &to))
                }
            };
            operands.push((handle, role(p).axis().is_some()));
        }
        let n = body.rows.first().map_or(0, |(p, axis)| sizes(body, *p)[*axis]);
        let parts = Grid::new(&[n], &[rows]).parts(0);
        let mut outputs: Vec<(ArrayId, Option<ReduceOp>)> = Vec::new();
        for (r, own) in inst.results.iter().zip(&body.results) {
            let shape = sizes(func, *r);
            let total = if let Role::Total(op) = role(own) { Some(op) } else { None };
            if let Some(op) = total
                && n == 0
                && op.identity() == Identity::None
                && !shape.contains(&0)
            {
                let message = format!("zero-size array to reduction operation `{}` which has no identity", op.name());
                return Err(Diag::new(func.data(*r).loc, message));
            }
            let mut block = shape.clone();
            if let Role::Row(axis) = role(own) {
                block[axis] = rows;
            }
            outputs.push((self.result(func, *r, Grid::new(&shape, &block)), total));
        }
        let k = self.graph.kernels.len() as u32;
        self.graph.kernels.push(body.clone());
        let loc = func.data(inst.results[0]).loc;
        let mut partials: Vec<Vec<BlockId>> = vec![Vec::new(); outputs.len()];
        for i in 0..parts {
            let args = operands.iter().map(|(handle, row)| match handle {
                Handle::Scalar(s) => Arg::Scalar(*s),
                Handle::Array(x) => Arg::Block(self.block(*x, if *row { i } else { 0 })),
            });
            let args = args.collect();
            let mut outs = Vec::with_capacity(outputs.len());
            for ((array, total), partials) in outputs.iter().zip(&mut partials) {
                outs.push(match total {
                    None => self.block(*array, i),
                    Some(_) if parts == 1 => self.block(*array, 0),
                    Some(_) => {
                        let (name, dtype, shape, loc) = {
                            let a = self.graph.array(*array);
                            (format!("{}.p", a.name), a.dtype, a.grid.shape().to_vec(), a.loc)
                        };
                        let partial = self.array(&name, dtype, Grid::whole(&shape), loc);
                        let block = self.block(partial, 0);
                        partials.push(block);
                        block
                    }
                });
            }
            self.task(TaskOp::Kernel(k), args, outs, loc);
        }
        for ((array, total), partials) in outputs.iter().zip(&partials) {
            if let (Some(op), true) = (total, parts > 1) {
                let (out, loc) = (self.block(*array, 0), self.graph.array(*array).loc);
                self.combine(*op, partials, out, loc);
            }
        }
        Ok(())
    }
}

/// Bytes of a value.
fn bytes(func: &Func, v: Value) -> usize {
    sizes(func, v).iter().product::<usize>().saturating_mul(func.ty(v).dtype.size())
}

/// The panel in two steps or more: a panel that keeps `excess` bytes less beside its tiles, and the instructions behind it whose
/// totals those were, largest first. `None` if no totals are so large, or nothing is left to share the rows.
fn relieved(body: &Func, excess: usize) -> Option<Func> {
    let roles = roles(body).ok()?;
    let total = |r: &Value| matches!(roles[r.0 as usize], Role::Total(_));
    let size = |i: &usize| body.insts[*i].results.iter().map(|r| bytes(body, *r)).sum::<usize>();
    let mut totals: Vec<usize> = (0..body.insts.len()).filter(|i| body.insts[*i].results.iter().all(total)).collect();
    totals.sort_by_key(|i| std::cmp::Reverse(size(i)));
    let mut out: Vec<usize> = Vec::new();
    while out.iter().map(size).sum::<usize>() < excess {
        out.push(*totals.get(out.len())?);
    }
    out.sort_unstable();
    let (behind, inside): (Vec<_>, Vec<_>) = body.insts.iter().enumerate().partition(|(i, _)| out.contains(i));
    let [behind, inside] = [behind, inside].map(|part| part.into_iter().map(|(_, inst)| inst.clone()).collect::<Vec<Inst>>());
    if inside.len() < 2 {
        return None;
    }
    // Both functions name values as the panel does.
    let mut rest = Func { insts: inside, params: vec![], rows: vec![], results: vec![], ..body.clone() };
    let reads = |insts: &[Inst], v: &Value| insts.iter().any(|inst| inst.args.contains(v));
    rest.params = body.params.iter().filter(|p| reads(&rest.insts, p)).copied().collect();
    rest.rows = body.rows.iter().filter(|(p, _)| rest.params.contains(p)).copied().collect();
    let made = rest.insts.iter().flat_map(|inst| &inst.results);
    rest.results = made.filter(|r| body.results.contains(r) || reads(&behind, r)).copied().collect();
    let (args, results) = (rest.params.clone(), rest.results.clone());
    let first = Inst { op: Op::Kernel(Box::new(rest)), args, results };
    Some(Func { insts: std::iter::once(first).chain(behind).collect(), ..body.clone() })
}
