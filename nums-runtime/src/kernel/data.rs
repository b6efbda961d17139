//! Tasks that look at positions or at an order of the data.
//!
//! `take` and `put` move elements by position, `sort`, `merge` and `search` are by the order that `order` says, which also finds
//! extremes, `select` finds elements at places of an order without a sort, `random` draws. Everything comes over the wire, so shapes are checked against operands before an element is touched.

mod key;
mod merge;
mod order;
mod partition;
mod random;
mod search;
mod select;
mod short;
mod sort;
mod take;

pub(super) use order::best_places;

use super::op::{self, Apply};
use super::{Held, KernelError, Operand, all_blocks, map, room, scalars};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::data::{DataTask, Rule};
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::ops::ReduceOp;
use std::sync::Arc;

/// Runs a task of `data`: the blocks that it makes, in order.
pub(super) fn run(task: &DataTask, args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
    let name = task.name();
    if let DataTask::Random { dist, stream, whole, offset, shape, dtype } = task {
        let draw = random::Draw { dist: *dist, stream: *stream, whole, offset, shape, dtype: *dtype };
        return random::random(&draw, args).map(one);
    }
    let blocks = all_blocks(name, args)?;
    match (task, blocks.as_slice()) {
        (task, [first, rest @ ..]) if task.goes_on() => go_on(task, (*first).clone(), rest),
        (DataTask::Take { axis, sizes, offset, shape, first: _ }, blocks) => {
            take::take(&take::Where { axis: *axis, sizes, offset }, shape, None, blocks).map(one)
        }
        (DataTask::Sort { axis, offset: _, values: true, index: false }, [x]) => sort::sort_values(x, *axis).map(one),
        (DataTask::Sort { axis, offset, values, index }, [x]) => {
            let (sorted, places) = sort::sort(x, *axis, *offset)?;
            Ok([values.then_some(sorted), index.then_some(places)].into_iter().flatten().collect())
        }
        (DataTask::Merge { axis, index: false }, [a, b]) => merge::merge(a, b, None, *axis),
        (DataTask::Merge { axis, index: true }, [a, p, b, q]) => merge::merge(a, b, Some((p, q)), *axis),
        (DataTask::Partition { axis }, [x, k]) => partition::lines(x, *axis, k).map(one),
        (DataTask::Split {}, [x @ .., p]) => partition::split(x, p).map(one),
        (DataTask::Scan { op, axis }, [x]) => scan(*op, None, x, *axis).map(one),
        (DataTask::Scan { op, axis }, [carry, x]) => scan(*op, Some(carry), x, *axis).map(one),
        (DataTask::Total { op, axis }, [x]) => total(*op, x, *axis).map(one),
        (DataTask::ArgBest { op, axis, offset }, [x]) => order::arg_best(*op, x, *axis, *offset),
        (DataTask::ArgJoin { op }, [a, p, b, q]) => order::arg_join(*op, (a, p), (b, q)),
        (DataTask::Top { axis, offset, k }, [x]) => order::top(x, *axis, *offset, *k),
        (DataTask::TopJoin { axis, k }, [a, p, b, q]) => order::top_join((a, p), (b, q), *axis, *k),
        (DataTask::Select { nan }, [x, places @ ..]) => select::select(x, places, *nan).map(one),
        (DataTask::Ranks { low, len, size }, places) => select::ranks(places, *low, *len, *size).map(one),
        (DataTask::Tally { digit }, [x]) => select::tally(x, None, *digit).map(one),
        (DataTask::Tally { digit }, [x, known]) => select::tally(x, Some(known), *digit).map(one),
        (DataTask::Narrow {}, [counts, known]) => select::narrow(counts, known).map(one),
        (DataTask::Elements { dtype }, known) => select::elements(*dtype, known).map(one),
        (DataTask::Search { right }, [a, v]) => search::search(a, v, *right).map(one),
        (DataTask::Check { rule }, [x]) => checked(*rule, x).map(one),
        (DataTask::Qr { keep, joined }, [x]) => super::qr::factor(x, *keep, *joined),
        (DataTask::Orthogonal { rows, columns, joined }, [kept, above @ ..]) if above.len() < 2 => {
            super::qr::orthogonal(kept, above.first().copied(), (*rows, *columns), *joined).map(one)
        }
        (DataTask::Count {}, [m]) => Ok(one(Block::scalar(truths(m)?.iter().filter(|b| **b).count() as i64))),
        (DataTask::Positions { offset, low, len, first: true }, [before, m]) => {
            positions(room(name, DType::I64, &[*len])?, before, m, *offset, *low).map(one)
        }
        (_, blocks) => Err(KernelError::mismatch(name, format!("{} operands", blocks.len()))),
    }
}

/// Runs a task whose first operand becomes a result: that operand itself, if it is the task's own.
pub(super) fn run_over(task: &DataTask, args: &mut [Held]) -> Result<Vec<Block>, KernelError> {
    let wrong = || KernelError::mismatch(task.name(), "no block to go on with");
    if let DataTask::Exchange {} = task {
        let [Held::Block(a), Held::Block(b), Held::Block(p)] = args else { return Err(wrong()) };
        return partition::exchange(own(a), own(b), p);
    }
    let [Held::Block(first), rest @ ..] = args else { return Err(wrong()) };
    let first = own(first);
    let rest: Vec<Operand<'_>> = rest.iter().map(Operand::of).collect();
    go_on(task, first, &all_blocks(task.name(), &rest)?)
}

/// The block itself if nobody else has it, or a copy.
fn own(held: &mut Arc<Block>) -> Block {
    match Arc::get_mut(held) {
        Some(block) => std::mem::take(block),
        None => (**held).clone(),
    }
}

/// The task, with the block that becomes a result.
fn go_on(task: &DataTask, first: Block, rest: &[&Block]) -> Result<Vec<Block>, KernelError> {
    let name = task.name();
    match (task, rest) {
        (DataTask::Put { axis, sizes, offset, add }, values) => {
            take::put(&take::Where { axis: *axis, sizes, offset }, *add, first, values).map(one)
        }
        (DataTask::Take { axis, sizes, offset, shape, .. }, blocks) => {
            take::take(&take::Where { axis: *axis, sizes, offset }, shape, Some(first), blocks).map(one)
        }
        (DataTask::Positions { offset, low, len, .. }, [before, m]) => {
            if first.dtype() != DType::I64 || first.shape() != [*len] {
                return Err(KernelError::mismatch(name, "what has been found is of another shape"));
            }
            positions(first, before, m, *offset, *low).map(one)
        }
        (DataTask::Exchange {}, [b, p]) => partition::exchange(first, (*b).clone(), p),
        (_, rest) => Err(KernelError::mismatch(name, format!("{} operands", 1 + rest.len()))),
    }
}

/// Elements that keep to a rule.
fn checked(rule: Rule, x: &Block) -> Result<Block, KernelError> {
    let bad = with_type!(x.dtype(), T => x.as_slice::<T>().iter().map(|e| e.to_scalar()).find(|e| !rule.holds_of(*e)));
    match bad {
        Some(bad) => Err(KernelError::Rule { rule, found: bad.to_string() }),
        None => Ok(x.clone()),
    }
}

fn one(block: Block) -> Vec<Block> {
    vec![block]
}

fn truths(m: &Block) -> Result<&[bool], KernelError> {
    if m.dtype() == DType::Bool {
        Ok(m.as_slice::<bool>())
    } else {
        Err(KernelError::mismatch("positions", "a mask is of booleans"))
    }
}

/// Positions of true elements, the ones whose number lies in the block.
fn positions(mut out: Block, before: &Block, m: &Block, offset: usize, low: usize) -> Result<Block, KernelError> {
    let [Scalar::Int(before)] = scalars::<1>("positions", &[Operand::Block(before)])? else {
        return Err(KernelError::mismatch("positions", "the number before is an integer"));
    };
    let mut number = before - low as i128;
    let found = out.as_mut_slice::<i64>();
    for (i, there) in truths(m)?.iter().enumerate() {
        if *there {
            if let Some(slot) = usize::try_from(number).ok().and_then(|n| found.get_mut(n)) {
                *slot = (offset + i) as i64;
            }
            number += 1;
        }
    }
    Ok(out)
}

/// `(before, along, after)`: elements before, on and after an axis.
fn split(shape: &[usize], axis: usize) -> Option<(usize, usize, usize)> {
    let n = *shape.get(axis)?;
    Some((shape[..axis].iter().product(), n, shape[axis + 1..].iter().product()))
}

fn no_axis(name: &str, axis: usize, x: &Block) -> KernelError {
    KernelError::mismatch(name, format!("axis {axis} of {:?}", x.shape()))
}

/// Running results along an axis: every row of elements is the one before combined with the block's.
fn scan(op: ReduceOp, carry: Option<&Block>, x: &Block, axis: usize) -> Result<Block, KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("scan", axis, x))?;
    let Some(combine) = op.combine() else { return Err(KernelError::Unsupported(format!("running `{}`", op.name()))) };
    if carry.is_some_and(|c| c.dtype() != x.dtype() || c.len() != before * after) {
        return Err(KernelError::mismatch("scan", "the carry is of another shape"));
    }
    if after == 1 && matches!(op, ReduceOp::Sum) {
        // One element after the other: the common case has a loop of its own.
        let mut out = x.clone();
        with_type!(x.dtype(), T => running(out.as_mut_slice::<T>(), carry.map(|c| c.as_slice::<T>()), n, |a, b| op::Add::apply((a, b))));
        return Ok(out);
    }
    let combined = map::code(combine, &[x.dtype(); 2], x.dtype())?;
    let mut out = x.clone();
    with_type!(x.dtype(), T => {
        let mut line = Block::stale(x.dtype(), &[after]);
        for b in 0..before {
            for k in 0..n {
                let at = (b * n + k) * after;
                if k == 0 && carry.is_none() {
                    continue;
                }
                {
                    let old = match (k, carry) {
                        (0, Some(c)) => &c.as_slice::<T>()[b * after..(b + 1) * after],
                        _ => &out.as_slice::<T>()[at - after..at],
                    };
                    let new = &out.as_slice::<T>()[at..at + after];
                    combined(&[T::wrap(old), T::wrap(new)], line.slice_mut()).map_err(|fault| fault.of(combine.name()))?;
                }
                out.as_mut_slice::<T>()[at..at + after].copy_from_slice(line.as_slice::<T>());
            }
        }
    });
    Ok(out)
}

fn running<T: Element>(out: &mut [T], carry: Option<&[T]>, n: usize, plus: impl Fn(T, T) -> T) {
    if n == 0 {
        return;
    }
    for (b, lane) in out.chunks_mut(n).enumerate() {
        let mut sum = match carry {
            Some(c) => plus(c[b], lane[0]),
            None => lane[0],
        };
        lane[0] = sum;
        for x in &mut lane[1..] {
            sum = plus(sum, *x);
            *x = sum;
        }
    }
}

/// The last running result.
fn total(op: ReduceOp, x: &Block, axis: usize) -> Result<Block, KernelError> {
    let (before, n, after) = split(x.shape(), axis).ok_or_else(|| no_axis("total", axis, x))?;
    if n == 0 {
        return Err(KernelError::mismatch("total", "an empty block has no total"));
    }
    let scanned = scan(op, None, x, axis)?;
    let mut shape = x.shape().to_vec();
    shape[axis] = 1;
    let mut out = Block::stale(x.dtype(), &shape);
    with_type!(x.dtype(), T => {
        let (from, to) = (scanned.as_slice::<T>(), out.as_mut_slice::<T>());
        for b in 0..before {
            to[b * after..(b + 1) * after].copy_from_slice(&from[(b * n + n - 1) * after..(b * n + n) * after]);
        }
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::{Operand, run};
    use super::*;
    use nums_ir::graph::TaskOp;

    fn task(task: DataTask, args: &[&Block]) -> Result<Vec<Block>, KernelError> {
        let args: Vec<Operand<'_>> = args.iter().map(|b| Operand::Block(b)).collect();
        run(&TaskOp::Data(task), &[], &args)
    }

    fn of<T: Element>(elements: &[T]) -> Block {
        Block::from_slice(elements, &[elements.len()])
    }

    #[test]
    fn a_sort_puts_nan_last_and_keeps_the_order_of_equals() {
        let x = of(&[3.0, f64::NAN, -1.0, 3.0, -0.0, 0.0]);
        let made = task(DataTask::Sort { axis: 0, offset: 10, values: true, index: true }, &[&x]).unwrap();
        assert_eq!(made[0].as_slice::<f64>()[..5], [-1.0, -0.0, 0.0, 3.0, 3.0]);
        assert!(made[0].as_slice::<f64>()[5].is_nan());
        assert_eq!(made[1].as_slice::<i64>(), [12, 14, 15, 10, 13, 11]);
    }

    #[test]
    fn a_merge_splits_at_the_lower_block() {
        let made = task(DataTask::Merge { axis: 0, index: false }, &[&of(&[1, 4, 9]), &of(&[2, 3])]).unwrap();
        assert_eq!((made[0].as_slice::<i32>(), made[1].as_slice::<i32>()), (&[1, 2, 3][..], &[4, 9][..]));
    }

    #[test]
    fn an_index_outside_names_itself_axis_and_size() {
        let take = |i: i64| {
            let task = DataTask::Take { axis: 0, sizes: vec![6], offset: vec![3], shape: vec![1], first: true };
            self::task(task, &[&of(&[30, 40, 50]), &of(&[i])])
        };
        assert_eq!(take(-1).unwrap()[0].as_slice::<i32>(), [50]);
        assert_eq!(take(6).unwrap_err().to_string(), "index 6 is out of bounds for axis 0 with size 6");
        assert_eq!(take(-7).unwrap_err().to_string(), "index -7 is out of bounds for axis 0 with size 6");
    }

    #[test]
    fn a_result_is_written_over_an_operand_of_the_tasks_own() {
        let (x, i, v) = (of(&[1.0, 3.0, 5.0]), of(&[2i64, -1]), of(&[7.0, 8.0]));
        let (one, count) = (Block::scalar(1i64), of(&[5i64, 6]));
        let put = DataTask::Put { axis: 0, sizes: vec![3], offset: vec![0], add: false };
        let take = DataTask::Take { axis: 0, sizes: vec![3], offset: vec![0], shape: vec![2], first: false };
        let found = DataTask::Positions { offset: 4, low: 0, len: 2, first: false };
        for (task, args) in [
            (put, vec![x.clone(), v.clone(), i.clone()]),
            (take, vec![v.clone(), x.clone(), i]),
            (found, vec![count, one, of(&[true, true])]),
            (DataTask::Exchange {}, vec![x, of(&[2.0, 3.0]), of(&[3.0])]),
        ] {
            let want = self::task(task.clone(), &args.iter().collect::<Vec<_>>()).unwrap();
            for is_own in [true, false] {
                let mut held: Vec<Held> = args.iter().map(|b| Held::Block(Arc::new(b.clone()))).collect();
                let others = held.clone();
                if is_own {
                    drop(others);
                }
                let made = super::super::run_over(&TaskOp::Data(task.clone()), &[], &mut held).unwrap();
                assert!(made.iter().map(Block::bytes).eq(want.iter().map(Block::bytes)), "{task:?}");
                assert!(matches!(&held[0], Held::Block(b) if b.is_empty() == is_own), "{task:?}");
            }
        }
    }

    #[test]
    fn operands_that_lie_are_mismatches() {
        let (x, m) = (of(&[1.0, 2.0]), of(&[true]));
        for bad in [
            task(DataTask::Take { axis: 1, sizes: vec![2], offset: vec![0], shape: vec![1], first: true }, &[&x, &of(&[0i64])]),
            task(DataTask::Put { axis: 0, sizes: vec![2], offset: vec![0], add: false }, &[&x, &m, &of(&[0i64])]),
            task(DataTask::Sort { axis: 3, offset: 0, values: true, index: false }, &[&x]),
            task(DataTask::Merge { axis: 0, index: false }, &[&x, &m]),
            task(DataTask::Scan { op: ReduceOp::Sum, axis: 0 }, &[&m, &x]),
            task(DataTask::Search { right: false }, &[&x, &m]),
            task(DataTask::Count {}, &[&x]),
            task(DataTask::ArgJoin { op: ReduceOp::Max }, &[&x, &m]),
            task(DataTask::Top { axis: 1, offset: 0, k: 1 }, &[&x]),
            task(DataTask::TopJoin { axis: 0, k: 1 }, &[&x, &x, &x, &x]),
        ] {
            assert!(matches!(bad, Err(KernelError::Mismatch { .. })), "{bad:?}");
        }
    }
}
