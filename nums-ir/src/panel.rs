//! What a panel kernel may hold: kernels, products and positions of the best that share the rows of their operands, run row tile by
//! row tile.
//!
//! A panel is a kernel whose body holds plain kernels, products, and `argmax` or `argmin` inside the rows. `Func::rows` names the parameters that are walked along
//! their first axis, together; the others are whole in every tile. Each value of the body is then one of three: `Row` (one
//! row a row of the operands), `Whole`, or `Total` (accumulated over all rows, complete only after the pass, so that nothing
//! in the body may read it). This file says which; `passes/panel.rs` makes panels, `tile/panels.rs` cuts them, the runtime
//! runs them, and `verify` holds them to it. The meaning of a panel is that of its body.

use crate::data::DataOp;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, IndexItem, Inst, Op, Value};
use crate::ops::ReduceOp;

/// What a value is along the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its first axis runs with the rows.
    Row,
    /// Needed whole by every row.
    Whole,
    /// Summed up (or joined by another reduction) over the rows.
    Total(ReduceOp),
}

/// How an instruction takes part in a panel: the roles that it asks of its operands, and those of its results.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// By operand: whether it runs with the rows.
    pub rows: Vec<bool>,
    /// By result.
    pub results: Vec<Role>,
    /// The number of rows.
    pub along: Dim,
}

/// How `inst` can take part.
///
/// # Errors
/// Why it cannot, in a few words.
pub fn part(func: &Func, inst: &Inst) -> Result<Part, &'static str> {
    if let Op::Kernel(body) = &inst.op {
        return if body.rows.is_empty() { kernel(body) } else { Err("it is a panel itself") };
    }
    if let Op::Data(DataOp::ArgBest { axis, .. }) = inst.op {
        return best(func, inst.args[0], axis);
    }
    let Op::Matmul { trans_a, trans_b, symmetric } = inst.op else { return Err("it is neither element-wise nor a product") };
    let part = product(func, inst, trans_a, trans_b)?;
    let by_rows = part.results == [Role::Row];
    if symmetric && by_rows { Err("its two triangles meet across rows") } else { Ok(part) }
}

fn product(func: &Func, inst: &Inst, trans_a: bool, trans_b: bool) -> Result<Part, &'static str> {
    let [a, b] = inst.args[..] else { return Err("it has not two operands") };
    let (a, b) = (func.ty(a), func.ty(b));
    if !matches!(a.dtype, DType::F32 | DType::F64) {
        return Err("products of this dtype are not taken in tiles");
    }
    let (Some(left), Some(right)) = (a.dims(), b.dims()) else { return Err("a rank is not known") };
    match (left, right) {
        // Rows of the left operand become rows of the result.
        ([n, _], [_] | [_, _]) if !trans_a => Ok(Part { rows: vec![true, false], results: vec![Role::Row], along: n.clone() }),
        // Contracted along the first axis of both.
        ([n], [_]) => Ok(total(n)),
        ([n], [_, _]) if !trans_b => Ok(total(n)),
        ([n, _], [_]) if trans_a => Ok(total(n)),
        ([n, _], [_, _]) if trans_a && !trans_b => Ok(total(n)),
        ([_] | [_, _], [_] | [_, _]) => Err("it runs along other axes than the first of its operands"),
        _ => Err("it is a product of stacks"),
    }
}

/// The best of every row is known when the row is.
fn best(func: &Func, x: Value, axis: usize) -> Result<Part, &'static str> {
    match func.ty(x).dims() {
        Some([n, _, ..]) if axis > 0 => Ok(Part { rows: vec![true], results: vec![Role::Row], along: n.clone() }),
        Some(_) => Err("it compares rows with each other"),
        None => Err("a rank is not known"),
    }
}

fn total(n: &Dim) -> Part {
    Part { rows: vec![true, true], results: vec![Role::Total(ReduceOp::Sum)], along: n.clone() }
}

fn kernel(body: &Func) -> Result<Part, &'static str> {
    let space = space(body).filter(|s| !s.is_empty()).ok_or("it has no axis")?;
    let rows: Vec<bool> = body.params.iter().map(|p| leads(body, *p, space)).collect();
    if !rows.contains(&true) {
        return Err("no operand has its rows");
    }
    let mut results = Vec::new();
    for r in &body.results {
        results.push(match body.def(*r).map(|i| &i.op) {
            Some(Op::Reduce { op, axes: Some(axes), .. }) if axes.contains(&0) => Role::Total(*op),
            Some(Op::Reduce { op: ReduceOp::Moments, .. }) => return Err("moments of rows have not their rows first"),
            _ if body.ty(*r).dims().is_some_and(|d| d.first() == space.first()) => Role::Row,
            _ => return Err("a result has not its rows"),
        });
    }
    Ok(Part { rows, results, along: space[0].clone() })
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

/// Whether the first axis of a parameter runs with the first axis of the index space.
fn leads(body: &Func, p: Value, space: &[Dim]) -> bool {
    let Some(dims) = body.ty(p).dims() else { return false };
    let seen = seen(body, p, dims.len());
    seen.len() == space.len() && seen.first() == Some(&Some(0)) && dims.first() == space.first()
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
    for p in &body.rows {
        if !body.params.contains(p) {
            return Err("rows are of parameters".into());
        }
        if body.ty(*p).rank().is_none_or(|r| r == 0) {
            return Err("a parameter without an axis has no rows".into());
        }
        roles[p.0 as usize] = Role::Row;
    }
    for inst in &body.insts {
        let name = inst.op.name();
        let part = part(body, inst).map_err(|why| format!("`{name}`: {why}"))?;
        for (arg, row) in inst.args.iter().zip(&part.rows) {
            if roles[arg.0 as usize] != if *row { Role::Row } else { Role::Whole } {
                return Err(format!("`{name}` reads an operand that is {:?}", roles[arg.0 as usize]));
            }
        }
        for (r, role) in inst.results.iter().zip(part.results) {
            roles[r.0 as usize] = role;
        }
    }
    Ok(roles)
}

/// Why a product, or a step that ends kernels, stands alone in the fused stage; `None` for what never shares a pass because it
/// makes, moves or only names data.
pub fn why_alone(func: &Func, inst: &Inst) -> Option<&'static str> {
    match &inst.op {
        Op::Matmul { .. } | Op::Data(DataOp::ArgBest { .. }) => {
            Some(part(func, inst).err().unwrap_or("nothing else shares its rows in this pass"))
        }
        Op::Contract(_) => Some("its operands are read through strides, by blocks of all their axes"),
        Op::Solve | Op::Data(DataOp::Qr { .. }) => Some("a decomposition needs its matrix whole"),
        Op::Data(DataOp::Scan { .. }) => Some("a running result needs those before it"),
        Op::Data(
            DataOp::Sort { .. } | DataOp::Top { .. } | DataOp::Select { .. } | DataOp::Search { .. } | DataOp::Positions { .. },
        ) => Some("it depends on the order of all elements"),
        Op::Data(DataOp::Take { .. } | DataOp::Put { .. }) => Some("it reads at positions that the data names"),
        Op::Data(DataOp::Random { .. } | DataOp::Check { .. }) => None,
        Op::Const(_) | Op::Dim(_) | Op::ShapeOf { .. } | Op::Map(_) | Op::Cast(_) | Op::Reduce { .. } | Op::Kernel(_) => None,
        Op::Transpose { .. } | Op::Reshape { .. } | Op::Index { .. } | Op::Concatenate { .. } | Op::Fill { .. } => None,
        Op::Arange { .. } | Op::Eye { .. } | Op::Call(_) | Op::Item | Op::Choose => None,
    }
}
