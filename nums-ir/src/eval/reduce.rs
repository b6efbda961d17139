//! Reductions by their definition: the elements of the reduced axes, one after the other.
//!
//! Sums of floats are compensated, so that the oracle is at least as exact as any order of additions. The rest folds the
//! row's combining operator. Operands already have the accumulation dtype.

use super::map::map;
use super::product::sum;
use super::shape::transpose;
use super::tensor::Tensor;
use crate::dtype::Kind;
use crate::func::Scalar;
use crate::ops::{Identity, MapOp, ReduceOp};

pub(super) fn reduce(op: ReduceOp, x: &Tensor, axes: &[i64], keepdims: bool) -> Result<Tensor, String> {
    let shape = x.shape();
    let reduced = |axis: usize| axes.contains(&(axis as i64));
    if let Some(axis) = axes.iter().find(|&&a| usize::try_from(a).map_or(true, |a| a >= shape.len())) {
        return Err(format!("`{}`: no axis {axis} in {} axes", op.name(), shape.len()));
    }
    let (inner, outer): (Vec<usize>, Vec<usize>) = (0..shape.len()).partition(|&axis| reduced(axis));
    let size = |axes: &[usize]| axes.iter().map(|&a| shape[a]).product::<usize>();
    let (rows, len) = (size(&outer), size(&inner));
    let perm: Vec<i64> = outer.iter().chain(&inner).map(|&a| a as i64).collect();
    let matrix = transpose(x, &perm)?.reshape(&[rows, len])?;
    let flat = reduce_rows(op, &matrix, rows, len)?;
    let result: Vec<usize> = if keepdims {
        (0..shape.len()).map(|axis| if reduced(axis) { 1 } else { shape[axis] }).collect()
    } else {
        outer.iter().map(|&a| shape[a]).collect()
    };
    let rows = (op == ReduceOp::Moments).then_some(3);
    flat.reshape(&rows.into_iter().chain(result).collect::<Vec<_>>())
}

/// Counts, sums and squared deviations of the rows of a matrix, in two passes.
fn moments(matrix: &Tensor, rows: usize, len: usize) -> Result<Tensor, String> {
    let count = Tensor::constant(Scalar::Float(len as f64), matrix.dtype())?.broadcast(&[rows])?;
    let sums = sum(matrix)?;
    let mean = map(MapOp::Divide, &[&sums, &count])?.reshape(&[rows, 1])?;
    let off = map(MapOp::Subtract, &[matrix, &mean])?;
    let squares = sum(&map(MapOp::Multiply, &[&off, &off])?)?;
    super::shape::concatenate(&[&count, &sums, &squares], Some(0))?.reshape(&[3, rows])
}

/// The reduction of each row of a matrix.
fn reduce_rows(op: ReduceOp, matrix: &Tensor, rows: usize, len: usize) -> Result<Tensor, String> {
    let constant = |value: Scalar| Tensor::constant(value, matrix.dtype())?.broadcast(&[rows]);
    let combine = match (op, op.combine()) {
        (ReduceOp::Sum, _) => return sum(matrix),
        (ReduceOp::SquareSum, _) => return sum(&map(MapOp::Square, &[matrix])?),
        (ReduceOp::Moments, _) => return moments(matrix, rows, len),
        (ReduceOp::Spread, _) => {
            let moments = moments(matrix, rows, len)?;
            return Ok(moments.gather(&[rows], |index| vec![2, index[0]]));
        }
        (ReduceOp::Mean, _) => {
            return map(MapOp::Divide, &[&sum(matrix)?, &constant(Scalar::Float(len as f64))?]);
        }
        (
            ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin | ReduceOp::Any | ReduceOp::All,
            Some(combine),
        ) => combine,
        (
            ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin | ReduceOp::Any | ReduceOp::All,
            None,
        ) => {
            return Err(format!("`{}` has no combining operator", op.name()));
        }
    };
    if matches!(op, ReduceOp::Any | ReduceOp::All) && matrix.dtype().kind() != Kind::Bool {
        return Err(format!("`{}` reads truth values, not {}", op.name(), matrix.dtype()));
    }
    if len == 0 {
        return match op.identity() {
            Identity::Zero => constant(Scalar::Int(0)),
            Identity::One => constant(Scalar::Int(1)),
            Identity::False => constant(Scalar::Bool(false)),
            Identity::True => constant(Scalar::Bool(true)),
            Identity::Nan => constant(Scalar::Float(f64::NAN)),
            Identity::None if rows == 0 => Ok(matrix.reshape(&[0])?),
            Identity::None => Err(format!("zero-size array to reduction operation `{}` which has no identity", op.name())),
        };
    }
    let column = |j: usize| matrix.gather(&[rows], |index| vec![index[0], j]);
    // NumPy's product begins with one, which a complex infinity notices.
    let (mut acc, first) = if op == ReduceOp::Prod { (constant(Scalar::Bool(true))?, 0) } else { (column(0), 1) };
    for j in first..len {
        acc = map(combine, &[&acc, &column(j)])?;
    }
    Ok(acc)
}
