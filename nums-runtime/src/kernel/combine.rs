//! Partial results of a reduction joined, in a tree that their number alone decides.
//!
//! A part of the task's own, or one that two others were joined to, takes the result of its join: tile by tile, as loops may not
//! read what they write. So a join of many parts holds little besides them, and touches no fresh pages.

use super::over::TILE;
use super::{Held, KernelError, map, reduce};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::dtype::DType;
use nums_ir::ops::{MapOp, ReduceOp};
use std::sync::Arc;

/// A partial result.
pub(super) enum Part<'a> {
    /// Somebody else has it too.
    Of(&'a Block),
    /// Nobody will read it again.
    Own(Block),
}

impl<'a> Part<'a> {
    /// What a task has; `None` for a scalar.
    pub(super) fn held(arg: &'a mut Held) -> Option<Part<'a>> {
        match arg {
            Held::Block(block) if Arc::strong_count(block) == 1 => Arc::get_mut(block).map(|own| Part::Own(std::mem::take(own))),
            Held::Block(block) => Some(Part::Of(block)),
            Held::Scalar(_) => None,
        }
    }

    fn block(&self) -> &Block {
        match self {
            Part::Of(block) => block,
            Part::Own(block) => block,
        }
    }
}

/// Joins two or more partial results; a range splits at ⌈n/2⌉.
pub(super) fn join(reduce: ReduceOp, parts: Vec<Part<'_>>) -> Result<Block, KernelError> {
    if parts.len() < 2 {
        return Err(KernelError::mismatch("combine", format!("{} operands, expected at least 2", parts.len())));
    }
    let n = parts.len();
    range(reduce, &mut parts.into_iter(), n).map(|part| match part {
        Part::Own(block) => block,
        Part::Of(block) => block.clone(),
    })
}

/// The next `n` parts joined.
fn range<'a>(reduce: ReduceOp, parts: &mut impl Iterator<Item = Part<'a>>, n: usize) -> Result<Part<'a>, KernelError> {
    if n < 2 {
        return parts.next().ok_or_else(|| KernelError::mismatch("combine", "no operand"));
    }
    let left = range(reduce, parts, n.div_ceil(2))?;
    let right = range(reduce, parts, n / 2)?;
    two(reduce, left, right).map(Part::Own)
}

fn two(reduce: ReduceOp, left: Part<'_>, right: Part<'_>) -> Result<Block, KernelError> {
    let (a, b) = (left.block(), right.block());
    if reduce == ReduceOp::Moments {
        return moments(a, b);
    }
    let Some(op) = reduce.combine() else {
        return Err(KernelError::Unsupported(format!("joining partial results of `{}`", reduce.name())));
    };
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        let why = format!("{}{:?} and {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape());
        return Err(KernelError::mismatch(reduce.name(), why));
    }
    match (left, right) {
        (Part::Own(mut own), other) if own.len() > TILE => over(op, &mut own, other.block(), true).map(|()| own),
        (other, Part::Own(mut own)) if own.len() > TILE => over(op, &mut own, other.block(), false).map(|()| own),
        (left, right) => {
            let mut out = Block::stale(left.block().dtype(), left.block().shape());
            map::map(op, &[left.block().slice(), right.block().slice()], out.slice_mut())?;
            Ok(out)
        }
    }
}

/// Writes the results over an operand, which is the left one or not.
fn over(op: MapOp, own: &mut Block, other: &Block, is_left: bool) -> Result<(), KernelError> {
    let (n, dtype) = (own.len(), own.dtype());
    let mut tile = Block::stale(dtype, &[TILE]);
    for start in (0..n).step_by(TILE) {
        let at = start..n.min(start + TILE);
        with_type!(dtype, T => {
            let (own, other) = (&mut own.as_mut_slice::<T>()[at.clone()], &other.as_slice::<T>()[at]);
            let made = &mut tile.as_mut_slice::<T>()[..other.len()];
            let args = if is_left { [T::wrap(own), T::wrap(other)] } else { [T::wrap(other), T::wrap(own)] };
            map::map(op, &args, T::wrap_mut(made))?;
            own.copy_from_slice(made);
        });
    }
    Ok(())
}

fn moments(a: &Block, b: &Block) -> Result<Block, KernelError> {
    let wrong = || KernelError::mismatch("moments", format!("{}{:?} and {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape()));
    if a.shape() != b.shape() || a.dtype() != b.dtype() || a.shape().first() != Some(&3) {
        return Err(wrong());
    }
    let mut out = Block::stale(a.dtype(), a.shape());
    match a.dtype() {
        DType::F32 => reduce::join_moments::<f32>(a.as_slice(), b.as_slice(), out.as_mut_slice()),
        DType::F64 => reduce::join_moments::<f64>(a.as_slice(), b.as_slice(), out.as_mut_slice()),
        _ => return Err(wrong()),
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Part, TILE, join};
    use crate::block::Block;
    use crate::kernel::{Held, Operand, run, run_over};
    use nums_ir::dtype::DType;
    use nums_ir::graph::TaskOp;
    use nums_ir::ops::ReduceOp;
    use std::sync::Arc;

    #[test]
    fn parts_of_its_own_take_the_results() {
        for (n, len) in [(2, 5), (2, 3 * TILE + 1), (3, TILE + 1), (7, 2 * TILE)] {
            let part = |k: usize| Block::from_slice(&(0..len).map(|i| ((i + k) as f64 * 0.31).sin()).collect::<Vec<_>>(), &[len]);
            let parts: Vec<Block> = (0..n).map(part).collect();
            let op = TaskOp::Combine(ReduceOp::Sum);
            let want = run(&op, &[], &parts.iter().map(Operand::Block).collect::<Vec<_>>()).unwrap();
            // Each of them is the task's own, or not.
            for own in 0..1 << n {
                let mut held: Vec<Held> = parts.iter().map(|b| Held::Block(Arc::new(b.clone()))).collect();
                let others: Vec<Held> =
                    held.iter().enumerate().filter(|(k, _)| own >> k & 1 == 0).map(|(_, h)| h.clone()).collect();
                let made = run_over(&op, &[], &mut held).unwrap();
                assert!(made[0].bytes() == want[0].bytes(), "{n} {len} {own:b}");
                drop(others);
                for (k, (held, part)) in held.iter().zip(&parts).enumerate().filter(|(k, _)| own >> k & 1 == 0) {
                    assert!(matches!(held, Held::Block(b) if b.bytes() == part.bytes()), "{k} was not its own");
                }
            }
        }
    }

    #[test]
    fn few_parts_and_parts_of_other_shapes_are_errors() {
        let (x, y) = (Block::zeros(DType::F64, &[2]), Block::zeros(DType::F64, &[3]));
        assert!(join(ReduceOp::Sum, vec![Part::Of(&x)]).is_err());
        assert!(join(ReduceOp::Sum, vec![Part::Of(&x), Part::Of(&y)]).is_err());
        assert!(join(ReduceOp::Moments, vec![Part::Of(&x), Part::Own(x.clone())]).is_err());
    }
}
