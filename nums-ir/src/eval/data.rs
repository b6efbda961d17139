//! The operators of `data` over whole arrays: every element found by its index, sorts by comparing scalars.

use super::reduce::reduce;
use super::tensor::{Tensor, common_shape};
use super::{map, sizes};
use crate::data::DataOp;
use crate::dtype::{DType, Kind};
use crate::func::Scalar;
use crate::ops::ReduceOp;
use std::cmp::Ordering;

pub(super) fn data(op: &DataOp, args: &[&Tensor], dtype: DType) -> Result<Tensor, String> {
    match (op, args) {
        (DataOp::Take { axis, count }, [x, index @ ..]) => take(x, index, *axis, *count),
        (DataOp::Put { axis, count, add }, [x, v, index @ ..]) => put(x, v, index, *axis, *count, *add),
        (DataOp::Sort { axis, index }, [x]) => along(x, *axis, if *index { DType::I64 } else { x.dtype() }, &|lane| {
            let mut order: Vec<usize> = (0..lane.len()).collect();
            order.sort_by(|a, b| compare(lane[*a], lane[*b]));
            Ok(order.iter().map(|i| if *index { Scalar::Int(*i as i128) } else { lane[*i] }).collect())
        }),
        (DataOp::Scan { op, axis }, [x]) => along(x, *axis, x.dtype(), &|lane| {
            (1..=lane.len())
                .map(|n| {
                    let part = Tensor::from_scalars(x.dtype(), &[n], lane[..n].to_vec())?;
                    Ok(reduce(*op, &part, &[0], false)?.scalars()[0])
                })
                .collect()
        }),
        (DataOp::ArgBest { op, axis }, [x]) => {
            let places = along(x, *axis, DType::I64, &|lane| {
                let first = lane.first().ok_or_else(|| format!("attempt to get arg{} of an empty sequence", op.name()))?;
                let mut best = (0, *first);
                for (i, value) in lane.iter().enumerate().skip(1) {
                    let beats = match (is_nan(best.1), is_nan(*value)) {
                        (true, _) => false,
                        (false, true) => true,
                        (false, false) => {
                            compare(*value, best.1) == if *op == ReduceOp::Max { Ordering::Greater } else { Ordering::Less }
                        }
                    };
                    if beats {
                        best = (i, *value);
                    }
                }
                Ok(vec![Scalar::Int(best.0 as i128); lane.len()])
            })?;
            let mut shape = x.shape().to_vec();
            shape[*axis] = 1;
            Ok(places.gather(&shape, <[usize]>::to_vec))
        }
        (DataOp::Top { axis, k }, [x]) => {
            let places = along(x, *axis, DType::I64, &|lane| {
                let mut order: Vec<usize> = (0..lane.len()).collect();
                order.sort_by(|a, b| compare(lane[*b], lane[*a]));
                Ok(order.into_iter().map(|i| Scalar::Int(i as i128)).collect())
            })?;
            let mut shape = x.shape().to_vec();
            shape[*axis] = shape[*axis].min(sizes(std::slice::from_ref(k))?[0]);
            Ok(places.gather(&shape, <[usize]>::to_vec))
        }
        // A sort is a partition at every place.
        (DataOp::Partition { axis, k: _ }, [x]) => data(&DataOp::Sort { axis: *axis, index: false }, &[x], dtype),
        (DataOp::Select { nan: true }, [x, places @ ..]) if x.shape() == [0] && dtype.kind() == Kind::Float => {
            let n = places.iter().map(|k| k.scalars().len()).sum();
            Tensor::from_scalars(dtype, &[n], vec![Scalar::Float(f64::NAN); n])
        }
        (DataOp::Select { .. }, [x, places @ ..]) => {
            let sorted = data(&DataOp::Sort { axis: 0, index: false }, &[x], dtype)?;
            let taken = places.iter().map(|k| take(&sorted, &[k], 0, 1)).collect::<Result<Vec<_>, _>>()?;
            let all: Vec<Scalar> = taken.iter().flat_map(Tensor::scalars).collect();
            Tensor::from_scalars(dtype, &[all.len()], all)
        }
        (DataOp::Check { rule }, [x]) => match x.scalars().iter().find(|s| !rule.holds_of(**s)) {
            Some(bad) => Err(format!("{}, found {bad}", rule.words())),
            None => Ok((*x).clone()),
        },
        (DataOp::Qr { q }, [x]) => super::product::qr(x, *q),
        (DataOp::Search { right }, [a, v]) => {
            let sorted = a.scalars();
            let before = |x: Scalar| {
                let count = sorted.iter().filter(|s| match compare(**s, x) {
                    Ordering::Less => true,
                    Ordering::Equal => *right,
                    Ordering::Greater => false,
                });
                Scalar::Int(count.count() as i128)
            };
            Tensor::from_scalars(DType::I64, v.shape(), v.scalars().into_iter().map(before).collect())
        }
        (DataOp::Positions { count }, [m]) => {
            let all = m.scalars();
            let places: Vec<Scalar> =
                (0..all.len()).filter(|i| all[*i] == Scalar::Bool(true)).map(|i| Scalar::Int(i as i128)).collect();
            let shape = sizes(std::slice::from_ref(count))?;
            Tensor::from_scalars(DType::I64, &shape, places)
        }
        (DataOp::Random { .. }, _) => Err(format!("random {dtype} have no oracle: their known answers are the runtime's tests")),
        (op, args) => Err(format!("`{}` of {} operands", op.name(), args.len())),
    }
}

fn is_nan(x: Scalar) -> bool {
    match x {
        Scalar::Bool(_) | Scalar::Int(_) => false,
        Scalar::Float(x) => x.is_nan(),
        Scalar::Complex(re, im) => re.is_nan() || im.is_nan(),
    }
}

/// NumPy's order: NaN last, complex numbers by real, then imaginary part.
fn compare(a: Scalar, b: Scalar) -> Ordering {
    let float = |a: f64, b: f64| a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
    match (a, b) {
        (Scalar::Bool(a), Scalar::Bool(b)) => a.cmp(&b),
        (Scalar::Int(a), Scalar::Int(b)) => a.cmp(&b),
        (Scalar::Float(a), Scalar::Float(b)) => float(a, b),
        (Scalar::Complex(a, b), Scalar::Complex(c, d)) => {
            is_nan(Scalar::Complex(a, b)).cmp(&is_nan(Scalar::Complex(c, d))).then_with(|| float(a, c)).then_with(|| float(b, d))
        }
        (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => Ordering::Equal,
    }
}

/// What becomes of the elements along an axis.
type Line<'a> = dyn Fn(&[Scalar]) -> Result<Vec<Scalar>, String> + 'a;

/// Every line along `axis` replaced by what `f` makes of it.
fn along(x: &Tensor, axis: usize, dtype: DType, f: &Line) -> Result<Tensor, String> {
    let shape = x.shape().to_vec();
    let n = *shape.get(axis).ok_or("no such axis")?;
    let after: usize = shape[axis + 1..].iter().product();
    let mut all = x.scalars();
    for start in (0..all.len()).filter(|i| (i / after.max(1)).is_multiple_of(n.max(1))) {
        let places: Vec<usize> = (0..n).map(|k| start + k * after).collect();
        let lane: Vec<Scalar> = places.iter().map(|p| all[*p]).collect();
        for (p, value) in places.iter().zip(f(&lane)?) {
            all[*p] = value;
        }
    }
    Tensor::from_scalars(dtype, &shape, all)
}

/// The positions named by index arrays: their common shape, and the position on each indexed axis for each place of it.
fn places(x: &Tensor, index: &[&Tensor], axis: usize, count: usize) -> Result<(Vec<usize>, Vec<Vec<usize>>), String> {
    if index.len() != count || axis + count > x.shape().len() {
        return Err(format!("{} indices from axis {axis} of {:?}", index.len(), x.shape()));
    }
    let shape = common_shape(index.iter().map(|i| i.shape()))?;
    let mut lists = Vec::new();
    for (k, i) in index.iter().enumerate() {
        let n = x.shape()[axis + k];
        let at = |s: Scalar| {
            let Scalar::Int(i) = s else { return Err("an index is no integer".to_owned()) };
            let from_front = if i < 0 { i + n as i128 } else { i };
            usize::try_from(from_front)
                .ok()
                .filter(|i| *i < n)
                .ok_or_else(|| format!("index {i} is out of bounds for axis {} with size {n}", axis + k))
        };
        lists.push(i.broadcast(&shape)?.scalars().into_iter().map(at).collect::<Result<Vec<_>, _>>()?);
    }
    Ok((shape, lists))
}

fn flat(at: &[usize], shape: &[usize]) -> usize {
    at.iter().zip(shape).fold(0, |f, (i, n)| f * n + i)
}

fn take(x: &Tensor, index: &[&Tensor], axis: usize, count: usize) -> Result<Tensor, String> {
    let (common, lists) = places(x, index, axis, count)?;
    let shape = [&x.shape()[..axis], &common, &x.shape()[axis + count..]].concat();
    Ok(x.gather(&shape, |at| {
        let place = flat(&at[axis..axis + common.len()], &common);
        let taken: Vec<usize> = lists.iter().map(|l| l[place]).collect();
        [&at[..axis], &taken, &at[axis + common.len()..]].concat()
    }))
}

fn put(x: &Tensor, v: &Tensor, index: &[&Tensor], axis: usize, count: usize, add: bool) -> Result<Tensor, String> {
    let (common, lists) = places(x, index, axis, count)?;
    let target = [&x.shape()[..axis], &common, &x.shape()[axis + count..]].concat();
    let mut from = v.shape();
    while from.len() > target.len() && from[0] == 1 {
        from = &from[1..];
    }
    let values = v.reshape(from)?.broadcast(&target)?.scalars();
    let mut all = x.scalars();
    for (k, value) in values.into_iter().enumerate() {
        let mut at = vec![0; target.len()];
        let mut rest = k;
        for a in (0..target.len()).rev() {
            (at[a], rest) = (rest % target[a], rest / target[a]);
        }
        let place = flat(&at[axis..axis + common.len()], &common);
        let taken: Vec<usize> = lists.iter().map(|l| l[place]).collect();
        let to = flat(&[&at[..axis], &taken, &at[axis + common.len()..]].concat(), x.shape());
        all[to] = if add {
            let one = |s: Scalar| Tensor::from_scalars(x.dtype(), &[], vec![s]);
            map::map(crate::ops::MapOp::Add, &[&one(all[to])?, &one(value)?])?.scalars()[0]
        } else {
            value
        };
    }
    Tensor::from_scalars(x.dtype(), x.shape(), all)
}
