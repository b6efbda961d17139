//! Shape and dtype rules of the operators of `data`: what is taken, put, sorted, searched, drawn.

use super::results::{any_shape, bound};
use super::{broadcast, normalise, shapes};
use crate::data::DataOp;
use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Sameness};
use crate::dtype::{DType, Kind};
use crate::func::Size;
use crate::ops::ReduceOp;
use crate::types::{Shape, Type};

pub(super) fn data(op: &DataOp, args: &[&Type], loc: Loc) -> Result<Type, Diag> {
    match op {
        DataOp::Take { axis, count } => {
            let Some(target) = places(args[0], &args[1..], *axis, *count, loc)? else { return Ok(any_shape(args[0].dtype)) };
            Ok(Type::array(args[0].dtype, target))
        }
        DataOp::Put { axis, count, add: _ } => {
            let (x, v) = (args[0], args[1]);
            if x.dtype != v.dtype {
                return Err(Diag::new(loc, format!("elements of {v} are put into {x}: convert them first")));
            }
            let (Some(target), Some(dims)) = (places(x, &args[2..], *axis, *count, loc)?, v.dims()) else {
                return Ok(any_shape(x.dtype));
            };
            fits(dims, &target).ok_or_else(|| {
                let (from, to) = (Shape::Known(dims.to_vec()), Shape::Known(target.clone()));
                let diag = Diag::new(loc, format!("could not broadcast the assigned value from shape {from} into shape {to}"));
                match (dims, &target[..]) {
                    ([n], [m]) if n.as_symbol().is_some() && m.as_symbol().is_some() => {
                        diag.help("write the same symbol if they are equal")
                    }
                    _ => diag,
                }
            })?;
            Ok(Type { weak: false, ..x.clone() })
        }
        DataOp::Sort { axis, index } => {
            on_axis(args[0], *axis, loc)?;
            Ok(args[0].with_dtype(if *index { DType::I64 } else { args[0].dtype }))
        }
        DataOp::Partition { axis, k: _ } => {
            on_axis(args[0], *axis, loc)?;
            Ok(args[0].with_dtype(args[0].dtype))
        }
        DataOp::Scan { op, axis } => {
            on_axis(args[0], *axis, loc)?;
            match op {
                ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min => Ok(args[0].with_dtype(args[0].dtype)),
                other => Err(Diag::new(loc, format!("`{}` has no running results", other.name()))),
            }
        }
        DataOp::ArgBest { op, axis } => {
            on_axis(args[0], *axis, loc)?;
            let Some(dims) = args[0].dims() else { return Ok(any_shape(DType::I64)) };
            if dims[*axis] == Dim::Const(0) {
                return Err(Diag::new(loc, format!("attempt to get arg{} of an empty sequence", op.name())));
            }
            let mut dims = dims.to_vec();
            dims[*axis] = Dim::Const(1);
            Ok(Type::array(DType::I64, dims))
        }
        DataOp::Top { axis, k } => {
            on_axis(args[0], *axis, loc)?;
            let Size::Dim(k) = k else { return Err(Diag::new(loc, "a size is not resolved")) };
            let Some(dims) = args[0].dims() else { return Ok(any_shape(DType::I64)) };
            let mut dims = dims.to_vec();
            dims[*axis] = dims[*axis].smaller(k);
            Ok(Type::array(DType::I64, dims))
        }
        DataOp::Select { .. } => select(args, loc),
        DataOp::Qr { q } => {
            if !matches!(args[0].dtype, DType::F32 | DType::F64) {
                return Err(Diag::new(loc, format!("`linalg.qr` is not there for {} yet", args[0].dtype)).help("convert to f64"));
            }
            match args[0].dims() {
                None => Ok(any_shape(args[0].dtype)),
                Some([m, n]) => {
                    let k = m.smaller(n);
                    Ok(Type::array(args[0].dtype, if *q { vec![m.clone(), k] } else { vec![k, n.clone()] }))
                }
                Some(_) => Err(Diag::new(loc, format!("`linalg.qr` is of one matrix, not of {}", args[0]))),
            }
        }
        DataOp::Check { .. } => Ok(args[0].with_dtype(args[0].dtype)),
        DataOp::Search { right: _ } => {
            if args[0].rank().is_some_and(|r| r != 1) || args[0].dtype != args[1].dtype {
                return Err(Diag::new(loc, format!("`searchsorted` looks for {} in {}", args[1], args[0]))
                    .note("the sorted array has one axis, and the dtype of what is looked for"));
            }
            Ok(args[1].with_dtype(DType::I64))
        }
        DataOp::Positions { count } => {
            if args[0].rank().is_some_and(|r| r != 1) || args[0].dtype != DType::Bool {
                return Err(Diag::new(loc, format!("positions are of the true elements of one axis, not of {}", args[0])));
            }
            let Size::Dim(count) = count else { return Err(Diag::new(loc, "a size is not resolved")) };
            Ok(Type::array(DType::I64, vec![count.clone()]))
        }
        DataOp::Random { dist, stream: _, shape, dtype } => {
            let dims = bound(shape, loc)?;
            shapes::not_negative(&dims, loc)?;
            // One for all, or one for each.
            let fits =
                |own: &[Dim]| own.len() == dims.len() && own.iter().zip(&dims).all(|(a, b)| a.compare(b) != Sameness::Different);
            if let Some(bad) = args.iter().find(|t| t.dims().is_some_and(|own| !own.is_empty() && !fits(own))) {
                let shape = Shape::Known(dims);
                return Err(Diag::new(
                    loc,
                    format!("a parameter of `{}` is one number, or has the shape {shape}, not {bad}", dist.name()),
                ));
            }
            let kind = if dist.is_integer() { Kind::Int } else { Kind::Float };
            if dtype.kind() != kind {
                return Err(Diag::new(loc, format!("`{}` does not draw {dtype}", dist.name())));
            }
            Ok(Type::array(*dtype, dims))
        }
    }
}

/// What is selected: one list of positions after the other.
fn select(args: &[&Type], loc: Loc) -> Result<Type, Diag> {
    let Some((x, places)) = args.split_first() else { return Err(Diag::new(loc, "a selection is of an array")) };
    if x.rank().is_some_and(|r| r != 1) || x.dtype.kind() == Kind::Complex {
        return Err(Diag::new(loc, format!("a selection is of real numbers along one axis, not of {x}")));
    }
    if let Some(bad) = places.iter().find(|t| t.dtype != DType::I64 || t.rank().is_some_and(|r| r > 1)) {
        return Err(Diag::new(loc, format!("positions are i64 and lie on one axis, not {bad}")));
    }
    let mut n = Dim::Const(0);
    for ty in places {
        let Some(dims) = ty.dims() else { return Ok(any_shape(x.dtype)) };
        n = n.add(dims.first().unwrap_or(&Dim::Const(1)));
    }
    Ok(Type::array(x.dtype, vec![n]))
}

fn on_axis(x: &Type, axis: usize, loc: Loc) -> Result<(), Diag> {
    match x.rank() {
        Some(rank) => normalise(axis as i64, rank, loc).map(drop),
        None => Ok(()),
    }
}

/// The shape of what positions name: the indexed axes replaced by the positions' common shape.
fn places(x: &Type, index: &[&Type], axis: usize, count: usize, loc: Loc) -> Result<Option<Vec<Dim>>, Diag> {
    if let Some(bad) = index.iter().find(|t| t.dtype != DType::I64) {
        return Err(Diag::new(loc, format!("positions are i64, not {bad}")));
    }
    let Some(dims) = x.dims() else { return Ok(None) };
    if axis + count > dims.len() || count != index.len() || count == 0 {
        return Err(Diag::new(loc, format!("too many indices: {count} from axis {axis} on of {x}")));
    }
    let mut common: Vec<Dim> = Vec::new();
    for ty in index {
        let Some(own) = ty.dims() else { return Ok(None) };
        common = broadcast(&common, own).map_err(|(a, b)| {
            Diag::new(loc, "shape mismatch: indexing arrays could not be broadcast together")
                .note(format!("axes are aligned at the right: `{a}` meets `{b}`"))
        })?;
    }
    Ok(Some([&dims[..axis], &common, &dims[axis + count..]].concat()))
}

/// Whether `dims` broadcasts to `target`, as far as sizes are known.
fn fits(dims: &[Dim], target: &[Dim]) -> Option<()> {
    // Leading axes of size 1 are dropped, as NumPy does in assignments.
    let extra = dims.len().saturating_sub(target.len());
    if dims[..extra].iter().any(|d| *d != Dim::Const(1)) {
        return None;
    }
    let dims = &dims[extra..];
    let lead = target.len() - dims.len();
    let fit = |(a, b): (&Dim, &Dim)| *a == Dim::Const(1) || a.compare(b) != Sameness::Different;
    dims.iter().zip(&target[lead..]).all(fit).then_some(())
}
