//! Operators that move elements or make arrays from sizes: every element of the result is found by its index.

use super::integer;
use super::map::map;
use super::tensor::Tensor;
use crate::dtype::DType;
use crate::func::{IndexItem, Scalar};
use crate::ops::MapOp;

pub(super) fn transpose(x: &Tensor, perm: &[i64]) -> Result<Tensor, String> {
    let shape = x.shape();
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if sorted != (0..shape.len() as i64).collect::<Vec<_>>() {
        return Err(format!("{perm:?} is not an order of {} axes", shape.len()));
    }
    let perm: Vec<usize> = perm.iter().map(|&a| a as usize).collect();
    let result: Vec<usize> = perm.iter().map(|&a| shape[a]).collect();
    Ok(x.gather(&result, |index| {
        let mut source = vec![0; index.len()];
        perm.iter().zip(index).for_each(|(&axis, &i)| source[axis] = i);
        source
    }))
}

/// What one axis of the operand gives.
enum Walk {
    /// One position; the axis goes.
    At(usize),
    /// These positions, as an axis of the result.
    Along(Vec<usize>),
}

pub(super) fn index(x: &Tensor, items: &[IndexItem]) -> Result<Tensor, String> {
    let shape = x.shape();
    let is_new = |item: &&IndexItem| matches!(item, IndexItem::NewAxis);
    let is_rest = |item: &&IndexItem| matches!(item, IndexItem::Ellipsis);
    let given = items.iter().filter(|i| !is_new(i) && !is_rest(i)).count();
    let Some(rest) = shape.len().checked_sub(given) else {
        return Err(format!("too many indices: {given} for {} axes", shape.len()));
    };
    let full = |axis: usize| Walk::Along((0..shape[axis]).collect());
    let mut walks: Vec<Walk> = Vec::new();
    // The position in `walks` that each axis of the result walks; `None` is a new axis.
    let mut result: Vec<Option<usize>> = Vec::new();
    for item in items {
        match item {
            IndexItem::NewAxis => result.push(None),
            IndexItem::At(i) => walks.push(Walk::At(position(integer(i)?, walks.len(), shape)?)),
            IndexItem::Slice { start, stop, step } => {
                result.push(Some(walks.len()));
                let bound = |size: &Option<_>| size.as_ref().map(integer).transpose();
                walks.push(Walk::Along(slice(bound(start)?, bound(stop)?, *step, shape[walks.len()])?));
            }
            IndexItem::Ellipsis => {
                for _ in 0..rest {
                    result.push(Some(walks.len()));
                    walks.push(full(walks.len()));
                }
            }
        }
    }
    while walks.len() < shape.len() {
        result.push(Some(walks.len()));
        walks.push(full(walks.len()));
    }
    let size = |axis: &Option<usize>| match axis.map(|a| &walks[a]) {
        Some(Walk::Along(positions)) => positions.len(),
        Some(Walk::At(_)) | None => 1,
    };
    let sizes: Vec<usize> = result.iter().map(size).collect();
    Ok(x.gather(&sizes, |index| {
        let of = |axis: usize| result.iter().position(|a| *a == Some(axis)).map_or(0, |i| index[i]);
        let at = |(axis, walk): (usize, &Walk)| match walk {
            Walk::At(i) => *i,
            Walk::Along(positions) => positions[of(axis)],
        };
        walks.iter().enumerate().map(at).collect()
    }))
}

fn position(i: i64, axis: usize, shape: &[usize]) -> Result<usize, String> {
    let n = shape[axis] as i64;
    let at = if i < 0 { i + n } else { i };
    if (0..n).contains(&at) { Ok(at as usize) } else { Err(format!("index {i} is out of bounds for axis {axis} with size {n}")) }
}

/// The positions of `start:stop:step` on an axis of size `n`, as Python's `slice.indices`.
fn slice(start: Option<i64>, stop: Option<i64>, step: i64, n: usize) -> Result<Vec<usize>, String> {
    if step == 0 {
        return Err("slice step cannot be zero".to_owned());
    }
    let n = n as i64;
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clip = |bound: i64| (if bound < 0 { bound.saturating_add(n) } else { bound }).clamp(low, high);
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (mut i, stop) = (start.map_or(first, clip), stop.map_or(last, clip));
    let mut positions = Vec::new();
    while if step > 0 { i < stop } else { i > stop } {
        positions.push(i as usize);
        i = i.saturating_add(step);
    }
    Ok(positions)
}

pub(super) fn concatenate(args: &[&Tensor], axis: Option<i64>) -> Result<Tensor, String> {
    let ravelled;
    let args: Vec<&Tensor> = if axis.is_none() {
        ravelled = args.iter().map(|x| x.reshape(&[x.size()])).collect::<Result<Vec<_>, _>>()?;
        ravelled.iter().collect()
    } else {
        args.to_vec()
    };
    let Some(first) = args.first() else { return Err("`concatenate` needs at least one array".to_owned()) };
    let mut shape = first.shape().to_vec();
    let axis = position(axis.unwrap_or(0), 0, &[shape.len()]).map_err(|_| "`concatenate`: no such axis".to_owned())?;
    let fits = |x: &Tensor| {
        let other = x.shape();
        x.dtype() == first.dtype() && other.len() == shape.len() && (0..shape.len()).all(|a| a == axis || other[a] == shape[a])
    };
    if !args.iter().all(|x| fits(x)) {
        return Err("`concatenate`: the arrays do not fit".to_owned());
    }
    shape[axis] = args.iter().map(|x| x.shape()[axis]).sum();
    Ok(Tensor::choose(first.dtype(), &args, &shape, |index| {
        let (mut which, mut source) = (0, index.to_vec());
        while source[axis] >= args[which].shape()[axis] {
            source[axis] -= args[which].shape()[axis];
            which += 1;
        }
        (which, source)
    }))
}

pub(super) fn fill(x: &Tensor, shape: &[usize], dtype: DType) -> Result<Tensor, String> {
    x.cast(dtype).broadcast(shape)
}

/// NumPy's: the first two elements are `start` and `start + step`, the others continue their difference, in `dtype`.
pub(super) fn arange(start: &Tensor, step: &Tensor, len: usize, dtype: DType) -> Result<Tensor, String> {
    let wide = start.dtype().promote(step.dtype());
    let (start, step) = (start.cast(wide), step.cast(wide));
    let second = map(MapOp::Add, &[&start, &step])?.cast(dtype);
    let start = start.cast(dtype);
    let delta = map(MapOp::Subtract, &[&second, &start])?;
    let count = Tensor::from_vec(&[len], (0..len as u64).collect())?.cast(dtype);
    let line = map(MapOp::Add, &[&start, &map(MapOp::Multiply, &[&count, &delta])?])?;
    let exact = |i: usize| Tensor::from_vec(&[len], (0..len).map(|j| i == j).collect());
    let line = map(MapOp::Where, &[&exact(0)?, &start, &line])?;
    map(MapOp::Where, &[&exact(1)?, &second, &line])
}

pub(super) fn eye(rows: usize, cols: usize, k: i64, dtype: DType) -> Result<Tensor, String> {
    let on = |i: usize| (i % cols) as i64 == (i / cols) as i64 + k;
    let ones: Vec<bool> = (0..rows * cols).map(on).collect();
    let ones = Tensor::from_vec(&[rows, cols], ones)?;
    let constant = |value: bool| Tensor::constant(Scalar::Bool(value), dtype);
    map(MapOp::Where, &[&ones, &constant(true)?, &constant(false)?])
}
