//! What a panel kernel may hold: kernels, products and positions of the best that share the rows of their operands, run row tile by
//! row tile.
//!
//! A panel is a kernel whose body holds plain kernels, products and contractions, and `argmax` or `argmin` inside the rows. `Func::rows` names the parameters that are walked
//! together, each along an axis of its own; the others are whole in every tile. Each value of the body is then one of three: `Row` (an
//! axis runs with the rows of the operands), `Whole`, or `Total` (accumulated over all rows, complete only after the pass, so that nothing
//! in the body may read it). A product is a contraction: along any of its indices it can take part, where operands that have the
//! index run with it. This file says which; `passes/panel.rs` makes panels, `tile/panels.rs` cuts them, the runtime
//! runs them, and `verify` holds them to it. The meaning of a panel is that of its body.

use crate::contraction::{Contraction, Step};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, IndexItem, Inst, Op, Value};
use crate::ops::ReduceOp;
use std::collections::HashMap;

/// What a value is along the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This axis runs with the rows.
    Row(usize),
    /// Needed whole by every row.
    Whole,
    /// Summed up (or joined by another reduction) over the rows.
    Total(ReduceOp),
}

impl Role {
    /// The axis of a value that runs with the rows.
    pub fn axis(self) -> Option<usize> {
        match self {
            Role::Row(axis) => Some(axis),
            Role::Whole | Role::Total(_) => None,
        }
    }
}

/// How an instruction takes part in a panel: the roles that it asks of its operands, and those of its results.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// By operand: the axis that runs with the rows; none of one that is whole.
    pub rows: Vec<Option<usize>>,
    /// By result.
    pub results: Vec<Role>,
    /// The number of rows.
    pub along: Dim,
}

impl Part {
    /// Whether all rows are first axes: a tile of them is a run of memory.
    pub fn is_first(&self) -> bool {
        self.rows.iter().copied().chain(self.results.iter().map(|r| r.axis())).all(|axis| axis.is_none_or(|a| a == 0))
    }
}

/// How `inst` can take part, along first axes first.
///
/// # Errors
/// Why it cannot, in a few words.
pub fn parts(func: &Func, inst: &Inst) -> Result<Vec<Part>, &'static str> {
    let mut parts = match &inst.op {
        Op::Kernel(body) if body.rows.is_empty() => kernel(body)?,
        Op::Kernel(_) => return Err("it is a panel itself"),
        Op::Data(DataOp::ArgBest { axis, .. }) => best(func, inst.args[0], *axis)?,
        Op::Matmul { trans_a, trans_b, symmetric } => product(func, inst, (*trans_a, *trans_b), *symmetric)?,
        Op::Contract(spec) => contraction(func, inst, spec)?,
        _ => return Err("it is neither element-wise nor a product"),
    };
    parts.sort_by_key(|part| !part.is_first());
    Ok(parts)
}

fn product(func: &Func, inst: &Inst, trans: (bool, bool), symmetric: bool) -> Result<Vec<Part>, &'static str> {
    let [a, b] = inst.args[..] else { return Err("it has not two operands") };
    let types = [func.ty(a), func.ty(b)];
    if !matches!(types[0].dtype, DType::F32 | DType::F64) {
        return Err("products of this dtype are not taken in tiles");
    }
    let [Some(left), Some(right)] = types.map(|t| t.dims()) else { return Err("a rank is not known") };
    let spec = Contraction::matmul([left.len(), right.len()], trans);
    let is_stack = left.len().max(right.len()) > 2;
    let (mut parts, mut why) = (Vec::new(), "its stacks are not of one size");
    for index in spec.indices() {
        let Some(part) = along(&spec, index, &[left, right]) else { continue };
        match part.results[..] {
            [Role::Total(_)] if is_stack => why = "a product of stacks has no sum over all rows",
            [Role::Row(axis)] if symmetric && axis + 2 >= left.len().max(right.len()) => {
                why = "its two triangles meet across rows"
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() { Err(why) } else { Ok(parts) }
}

/// A contraction of operands that are not matrices as they lie: along the first index of its result.
fn contraction(func: &Func, inst: &Inst, spec: &Contraction) -> Result<Vec<Part>, &'static str> {
    if inst.args.iter().any(|v| !matches!(func.ty(*v).dtype, DType::F32 | DType::F64)) {
        return Err("contractions of this dtype are not taken in tiles");
    }
    let operands = inst.args.iter().map(|v| func.ty(*v).dims()).collect::<Option<Vec<_>>>().ok_or("a rank is not known")?;
    let first = spec.result.first().ok_or("all its operands are summed up")?;
    along(spec, *first, &operands).map(|part| vec![part]).ok_or("its operands are not of one size")
}

/// The pairs of a contraction of a panel's body; `None` where sizes are not bound, or a pair does not run with the rows: it would be
/// contracted anew for every tile.
pub fn pairs(body: &Func, inst: &Inst, spec: &Contraction) -> Option<Vec<Step>> {
    let shapes: Vec<Vec<usize>> = inst.args.iter().map(|v| body.ty(*v).sizes()).collect::<Option<_>>()?;
    let sizes = spec.sizes(&shapes.iter().map(|s| &s[..]).collect::<Vec<_>>())?;
    let (first, steps) = (spec.result.first()?, spec.steps(&spec.order(&|i| sizes[&i]))?);
    steps.iter().all(|step| step.result.contains(first)).then_some(steps)
}

/// The part that a contraction takes along an index; `None` where operands are stretched along it.
fn along(spec: &Contraction, index: u8, operands: &[&[Dim]]) -> Option<Part> {
    let rows: Vec<Option<usize>> = spec.operands.iter().map(|set| set.iter().position(|i| *i == index)).collect();
    let mut sizes = rows.iter().zip(operands).filter_map(|(axis, dims)| dims.get((*axis)?));
    let along = sizes.next()?.clone();
    if sizes.any(|n| *n != along) {
        return None;
    }
    let result = spec.result.iter().position(|i| *i == index);
    Some(Part { rows, results: vec![result.map_or(Role::Total(ReduceOp::Sum), Role::Row)], along })
}

/// The best of every row is known when the row is.
fn best(func: &Func, x: Value, axis: usize) -> Result<Vec<Part>, &'static str> {
    let dims = func.ty(x).dims().ok_or("a rank is not known")?;
    let others = dims.iter().enumerate().filter(|(a, _)| *a != axis);
    let parts: Vec<Part> =
        others.map(|(a, n)| Part { rows: vec![Some(a)], results: vec![Role::Row(a)], along: n.clone() }).collect();
    if parts.is_empty() { Err("it compares rows with each other") } else { Ok(parts) }
}

fn kernel(body: &Func) -> Result<Vec<Part>, &'static str> {
    let space = space(body).filter(|s| !s.is_empty()).ok_or("it has no axis")?;
    let (mut parts, mut why) = (Vec::new(), None);
    for axis in 0..space.len() {
        match kernel_along(body, space, axis) {
            Ok(part) => parts.push(part),
            Err(reason) => why = why.or(Some(reason)),
        }
    }
    if parts.is_empty() { Err(why.unwrap_or("it has no axis")) } else { Ok(parts) }
}

/// The part of a plain kernel along an axis of its index space.
fn kernel_along(body: &Func, space: &[Dim], axis: usize) -> Result<Part, &'static str> {
    let rows: Vec<Option<usize>> = body.params.iter().map(|p| runs_with(body, *p, space, axis)).collect();
    if rows.iter().all(Option::is_none) {
        return Err("no operand has its rows");
    }
    let results = body.results.iter().map(|r| leaves(body, *r, space, axis)).collect::<Result<_, _>>()?;
    Ok(Part { rows, results, along: space[axis].clone() })
}

/// The index space of a plain kernel.
fn space(body: &Func) -> Option<&[Dim]> {
    let shapes = body.insts.iter().filter_map(|inst| match &inst.op {
        Op::Map(_) | Op::Cast(_) => body.ty(inst.results[0]).dims(),
        Op::Reduce { .. } => body.ty(inst.args[0]).dims(),
        _ => None,
    });
    shapes.max_by_key(|s| s.len())
}

/// The axis of a plain kernel's index space that runs with these rows of its operands.
pub fn space_axis(body: &Func, rows: &[Option<usize>]) -> Option<usize> {
    let space = space(body)?;
    (0..space.len()).find(|axis| kernel_along(body, space, *axis).is_ok_and(|part| part.rows == rows))
}

/// What a result of a plain kernel is along an axis of its index space.
fn leaves(body: &Func, r: Value, space: &[Dim], axis: usize) -> Result<Role, &'static str> {
    let Some(Op::Reduce { op, axes, keepdims, .. }) = body.def(r).map(|inst| &inst.op) else {
        let runs = body.ty(r).dims().is_some_and(|dims| dims.len() == space.len() && dims[axis] == space[axis]);
        return if runs { Ok(Role::Row(axis)) } else { Err("a result has not its rows") };
    };
    let all = || (0..space.len()).collect();
    let axes: Vec<usize> = axes.as_ref().map_or_else(all, |axes| axes.iter().filter_map(|a| usize::try_from(*a).ok()).collect());
    let before = axes.iter().filter(|a| **a < axis).count();
    let is_total = axes.contains(&axis);
    match op {
        // Sums go on from tile to tile, each for one element of the axes before.
        _ if is_total && before > 0 => Err("a sum over its rows runs over axes before them too"),
        ReduceOp::Moments | ReduceOp::Spread if is_total && axis > 0 => Err("moments are taken along first axes"),
        ReduceOp::Moments if !is_total => Err("moments of rows have not their rows first"),
        _ if is_total => Ok(Role::Total(*op)),
        _ => Ok(Role::Row(if *keepdims { axis } else { axis - before })),
    }
}

/// The axis of a parameter that runs with an axis of the index space; none of one that is stretched along it.
fn runs_with(body: &Func, p: Value, space: &[Dim], axis: usize) -> Option<usize> {
    let dims = body.ty(p).dims()?;
    let seen = seen(body, p, dims.len());
    let own = seen.get(axis.checked_sub(space.len().checked_sub(seen.len())?)?).copied()??;
    (dims.get(own) == Some(&space[axis])).then_some(own)
}

/// The axes of a parameter as the element-wise part sees it, through the view that adds axes if there is one.
pub(crate) fn seen(body: &Func, p: Value, rank: usize) -> Vec<Option<usize>> {
    let view = body.insts.iter().find(|i| matches!(i.op, Op::Index { .. }) && i.args[0] == p);
    let mut seen: Vec<Option<usize>> = Vec::new();
    let Some(Op::Index { items }) = view.map(|v| &v.op) else { return (0..rank).map(Some).collect() };
    let slices = items.iter().filter(|i| matches!(i, IndexItem::Slice { .. })).count();
    for item in items {
        match item {
            IndexItem::NewAxis => seen.push(None),
            IndexItem::Slice { .. } => seen.push(Some(seen.iter().flatten().count())),
            IndexItem::Ellipsis => {
                for _ in slices..rank {
                    seen.push(Some(seen.iter().flatten().count()));
                }
            }
            IndexItem::At(_) => {}
        }
    }
    while seen.iter().flatten().count() < rank {
        seen.push(Some(seen.iter().flatten().count()));
    }
    seen
}

/// The role of every value of a panel's body, by `Value`.
///
/// # Errors
/// What keeps the body from being run row by row.
pub fn roles(body: &Func) -> Result<Vec<Role>, String> {
    let mut roles = vec![Role::Whole; body.values.len()];
    let mut along: Option<&Dim> = None;
    for (p, axis) in &body.rows {
        if !body.params.contains(p) {
            return Err("rows are of parameters".into());
        }
        let Some(n) = body.ty(*p).dims().and_then(|dims| dims.get(*axis)) else {
            return Err(format!("a parameter without axis {axis} has no rows along it"));
        };
        if *along.get_or_insert(n) != n {
            return Err("its parameters have other numbers of rows".into());
        }
        roles[p.0 as usize] = Role::Row(*axis);
    }
    for inst in &body.insts {
        let name = inst.op.name();
        let parts = parts(body, inst).map_err(|why| format!("`{name}`: {why}"))?;
        let asked = |row: &Option<usize>| row.map_or(Role::Whole, Role::Row);
        let misfit =
            |part: &Part| inst.args.iter().zip(&part.rows).find(|(arg, row)| roles[arg.0 as usize] != asked(row)).map(|m| *m.0);
        let Some(part) = parts.iter().find(|part| misfit(part).is_none()) else {
            let role = parts.iter().find_map(misfit).map_or(Role::Whole, |arg| roles[arg.0 as usize]);
            return Err(format!("`{name}` reads an operand that is {role:?}"));
        };
        for (r, role) in inst.results.iter().zip(&part.results) {
            roles[r.0 as usize] = *role;
        }
    }
    Ok(roles)
}

/// The other ways to walk a panel's body: by parameter the axis, as in `Func::rows`. Where blocks are cut decides which one runs.
pub fn walks(body: &Func) -> Vec<Vec<(Value, usize)>> {
    let mut found = vec![body.rows.clone()];
    for (p, own) in &body.rows {
        for axis in (0..body.ty(*p).rank().unwrap_or(0)).filter(|axis| axis != own) {
            found.extend(walk(body, *p, axis).filter(|rows| !found.contains(rows)));
        }
    }
    found.split_off(1)
}

/// The walk in which a parameter runs along `axis`; `None` if the body has none.
fn walk(body: &Func, p: Value, axis: usize) -> Option<Vec<(Value, usize)>> {
    let parts: Vec<Vec<Part>> = body.insts.iter().map(|inst| parts(body, inst).ok()).collect::<Option<_>>()?;
    // By value whose role is known: the axis that runs with the rows, none of what is whole or a total.
    let mut known: HashMap<Value, Option<usize>> = HashMap::from([(p, Some(axis))]);
    let mut left: Vec<usize> = (0..body.insts.len()).collect();
    loop {
        let before = left.len();
        for at in std::mem::take(&mut left) {
            let inst = &body.insts[at];
            let agrees = |v: &Value, axis: Option<usize>| known.get(v).is_none_or(|own| *own == axis);
            let agreeing = parts[at].iter().filter(|part| {
                let operands = inst.args.iter().zip(&part.rows).all(|(v, row)| agrees(v, *row));
                operands && inst.results.iter().zip(&part.results).all(|(v, role)| agrees(v, role.axis()))
            });
            // One that touches nothing known may be anything yet.
            match agreeing.collect::<Vec<_>>()[..] {
                [] => return None,
                [part] => {
                    known.extend(inst.args.iter().copied().zip(part.rows.iter().copied()));
                    known.extend(inst.results.iter().copied().zip(part.results.iter().map(|r| r.axis())));
                }
                _ => left.push(at),
            }
        }
        if left.is_empty() || left.len() == before {
            break;
        }
    }
    let rows = body.params.iter().filter_map(|p| Some((*p, (*known.get(p)?)?))).collect();
    let walked = Func { rows, ..body.clone() };
    roles(&walked).ok().map(|_| walked.rows)
}
