//! The type of every operator's result for operands of given types.
//!
//! `infer` types a program by it, `bind` decides with numbers what symbols left open, `verify` holds every instruction to it. The
//! rules of products, joins and creation are in `shapes`, of views in `index`, of positions and orders in `data`.

use super::{broadcast_all, data, index, normalise, shapes};
use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Sameness};
use crate::dtype::{DType, Kind};
use crate::func::{Func, Op, Size};
use crate::infer::name_operands;
use crate::ops::{Identity, MapOp, ReduceOp};
use crate::promote::{map_dtypes, reduce_dtypes, stays_weak};
use crate::types::{Shape, Type};

/// The types of an operator's results for operands of these types, in the typed and fused stages.
///
/// # Errors
/// What does not fit, in the user's words, at `loc`.
pub fn result_types(op: &Op, args: &[&Type], loc: Loc) -> Result<Vec<Type>, Diag> {
    let one = |ty: Type| Ok(vec![ty]);
    match op {
        Op::Const(c) => one(Type::weak(c.kind())),
        Op::Dim(_) | Op::ShapeOf { .. } => one(Type::weak(Kind::Int)),
        Op::Map(op) => one(map_type(*op, args, loc)?),
        Op::Cast(dtype) => one(args[0].with_dtype(*dtype)),
        Op::Reduce { op, axes, keepdims } => one(reduce_type(*op, axes.as_deref(), *keepdims, args[0], loc)?),
        Op::Matmul { trans_a, trans_b, symmetric: _ } => one(shapes::matmul(args[0], args[1], *trans_a, *trans_b, loc)?),
        Op::Contract(c) => one(shapes::contract(c, args, loc)?),
        Op::Transpose { perm } => one(shapes::transpose(args[0], perm.as_deref(), loc)?),
        Op::Reshape { shape } => {
            let dims = bound(shape, loc)?;
            match args[0].dims() {
                Some(from) => drop(shapes::reshape(from, &dims, loc)?),
                // One size may follow from a number of elements that is not known.
                None if dims.contains(&Dim::Const(-1)) => return one(Type { shape: Shape::Any, ..args[0].clone() }),
                None => {}
            }
            one(Type::array(args[0].dtype, dims))
        }
        Op::Index { items } => one(index::index(args[0], items, loc)?),
        Op::Concatenate { axis } => one(shapes::concatenate(args, *axis, loc)?),
        Op::Fill { shape, dtype } => {
            let dims = bound(shape, loc)?;
            shapes::not_negative(&dims, loc)?;
            if args[0].rank().is_some_and(|r| r > 0) {
                return Err(Diag::new(loc, format!("an array is filled with one value, not with {}", args[0]))
                    .help("broadcast it instead: `zeros(shape) + x`"));
            }
            one(Type::array(dtype.unwrap_or(args[0].dtype), dims))
        }
        Op::Arange { dtype, len } => {
            let len = len.clone().ok_or_else(|| Diag::new(loc, "the length of `arange` is not known"))?;
            shapes::not_negative(std::slice::from_ref(&len), loc)?;
            one(Type::array(dtype.unwrap_or(args[0].dtype), vec![len]))
        }
        Op::Eye { rows, cols, dtype, .. } => {
            let dims = bound(&[rows.clone(), cols.clone()], loc)?;
            shapes::not_negative(&dims, loc)?;
            one(Type::array(*dtype, dims))
        }
        Op::Solve => one(shapes::solve(args[0], args[1], loc)?),
        Op::Data(op) => one(data::data(op, args, loc)?),
        Op::Call(call) => Err(Diag::new(loc, format!("`{}` is not expanded", call.name))),
        Op::Item => match args[0].rank() {
            Some(0) | None => one(Type::weak(args[0].dtype.kind())),
            Some(_) => Err(Diag::new(loc, format!("one value is wanted here, not {}", args[0]))
                .help("reduce the array to one value, or take one element")),
        },
        Op::Choose => {
            let (a, b) = (args[1], args[2]);
            let same = match (a.dims(), b.dims()) {
                (Some(x), Some(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x.compare(y) != Sameness::Different),
                _ => true,
            };
            if a.dtype != b.dtype || a.weak != b.weak || !same {
                return Err(Diag::new(loc, format!("the branches of `a if c else b` are of different types: {a} and {b}"))
                    .help("convert one with `.astype(…)`, or reshape it"));
            }
            one(a.clone())
        }
        Op::Kernel(body) => kernel(body, args),
    }
}

/// An array of any rank.
pub(super) fn any_shape(dtype: DType) -> Type {
    Type { dtype, shape: Shape::Any, weak: false }
}

/// A kernel's results: its body's, for operands of these types.
fn kernel(body: &Func, args: &[&Type]) -> Result<Vec<Type>, Diag> {
    let mut types: Vec<Option<Type>> = vec![None; body.values.len()];
    for (p, ty) in body.params.iter().zip(args) {
        types[p.0 as usize] = Some((*ty).clone());
    }
    for inst in &body.insts {
        let loc = body.data(inst.results[0]).loc;
        let made = match &inst.op {
            Op::Const(_) | Op::Dim(_) => vec![body.ty(inst.results[0]).clone()],
            op => {
                let missing = || Diag::new(loc, format!("kernel {}: an operand has no type", body.name));
                let args: Option<Vec<&Type>> = inst.args.iter().map(|a| types[a.0 as usize].as_ref()).collect();
                result_types(op, &args.ok_or_else(missing)?, loc).map_err(|d| name_operands(d, body, inst))?
            }
        };
        for (r, ty) in inst.results.iter().zip(made) {
            types[r.0 as usize] = Some(ty);
        }
    }
    let loc = body.results.first().map_or(Loc::default(), |r| body.data(*r).loc);
    let results: Option<Vec<Type>> = body.results.iter().map(|r| types[r.0 as usize].clone()).collect();
    results.ok_or_else(|| Diag::new(loc, format!("kernel {}: a result is not made", body.name)))
}

/// Sizes that are resolved.
pub(super) fn bound(sizes: &[Size], loc: Loc) -> Result<Vec<Dim>, Diag> {
    sizes
        .iter()
        .map(|s| match s {
            Size::Dim(d) => Ok(d.clone()),
            Size::Value(_) => Err(Diag::new(loc, "a size is not resolved")),
        })
        .collect()
}

fn map_type(op: MapOp, args: &[&Type], loc: Loc) -> Result<Type, Diag> {
    let dtypes: Vec<(DType, bool)> = args.iter().map(|t| (t.dtype, t.weak)).collect();
    let (computed, dtype) = map_dtypes(op, &dtypes).map_err(|e| Diag::new(loc, e))?;
    if let Some((has, want)) = args.iter().zip(&computed).find(|(a, c)| a.dtype != **c) {
        return Err(Diag::new(loc, format!("`{}` computes in {want}, an operand is {}", op.name(), has.dtype)));
    }
    if args.iter().all(|t| t.weak) && stays_weak(op, dtype.kind()) {
        return Ok(Type::weak(dtype.kind()));
    }
    Ok(Type { dtype, shape: broadcast_all(op, args, loc)?, weak: false })
}

fn reduce_type(op: ReduceOp, axes: Option<&[i64]>, keepdims: bool, x: &Type, loc: Loc) -> Result<Type, Diag> {
    let (_, dtype) = reduce_dtypes(op, x.dtype).map_err(|e| Diag::new(loc, e))?;
    let (Some(dims), Some(axes)) = (x.dims(), axes) else {
        return Ok(Type { dtype, shape: Shape::Any, weak: false });
    };
    for a in axes {
        normalise(*a, dims.len(), loc)?;
    }
    let reduced = |i: usize| axes.contains(&(i as i64));
    let empty = |wanted: bool| dims.iter().enumerate().any(|(i, d)| reduced(i) == wanted && *d == Dim::Const(0));
    if op.identity() == Identity::None && empty(true) && !empty(false) {
        return Err(Diag::new(loc, format!("zero-size array to reduction operation `{}` which has no identity", op.name()))
            .help("give the value of nothing: `initial=0`"));
    }
    let dims = dims.iter().enumerate().filter(|(i, _)| keepdims || !reduced(*i));
    let dims = dims.map(|(i, d)| if reduced(i) { Dim::Const(1) } else { d.clone() });
    let rows = (op == ReduceOp::Moments).then_some(Dim::Const(3));
    Ok(Type::array(dtype, rows.into_iter().chain(dims).collect()))
}
