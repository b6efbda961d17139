//! Operands that do not have the shape of the index space: broadcast ones, read tile by tile through a buffer.

use super::{Origin, Read, Source, TILE};
use crate::block::Block;
use crate::element::{Element, with_type};
use crate::kernel::Operand;
use nums_ir::func::Scalar;

/// The common shape of two by NumPy's rule.
pub(in crate::kernel) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut out = long.to_vec();
    for (n, &m) in out[long.len() - short.len()..].iter_mut().zip(short) {
        *n = match (*n, m) {
            (n, m) if n == m => n,
            (1, m) => m,
            (n, 1) => n,
            _ => return None,
        };
    }
    Some(out)
}

impl Source {
    /// The shape of the operand with its new axes.
    pub(super) fn shape(&self, args: &[Operand<'_>]) -> Option<Vec<usize>> {
        match &self.origin {
            Origin::Dim(_) => Some(Vec::new()),
            Origin::Param { index, axes } => match args.get(*index)? {
                Operand::Scalar(_) => None,
                Operand::Block(b) => axes.iter().map(|axis| axis.map_or(Some(1), |a| b.shape().get(a).copied())).collect(),
            },
        }
    }

    /// How the elements are read in an index space; `None` for an operand of the wrong kind.
    pub(super) fn read<'a>(&self, args: &[Operand<'a>], space: &[usize]) -> Option<Read<'a>> {
        let one = |scalar: Scalar| with_type!(self.dtype, T => Block::scalar(T::from_scalar(scalar)));
        match (&self.origin, self.splat) {
            (Origin::Dim(n), _) => Some(Read::One(one(Scalar::Int(i128::from(*n))))),
            (Origin::Param { index, .. }, true) => match args.get(*index)? {
                Operand::Scalar(s) => Some(Read::One(one(*s))),
                Operand::Block(b) => Some(Read::One((*b).clone())),
            },
            (Origin::Param { index, .. }, false) => {
                let Operand::Block(block) = *args.get(*index)? else { return None };
                let shape = self.shape(args)?;
                Some(if shape == space { Read::Whole(block) } else { Read::Gathered(Gather::new(block, &shape, space)) })
            }
        }
    }
}

/// An operand read through a buffer.
pub(super) struct Gather<'a> {
    src: &'a Block,
    /// The index space with neighbouring axes merged where the operand allows it, and the operand's strides in it.
    axes: Vec<(usize, usize)>,
    buffer: Block,
    /// The buffer holds the same elements for every tile (a row that is repeated, its length a divisor of the tile's).
    periodic: bool,
    filled: usize,
}

impl<'a> Gather<'a> {
    fn new(src: &'a Block, shape: &[usize], space: &[usize]) -> Gather<'a> {
        let new = space.len() - shape.len();
        let mut axes: Vec<(usize, usize)> = Vec::new();
        let mut stride = 1;
        for (axis, &n) in space.iter().enumerate().rev() {
            let own = axis.checked_sub(new).map_or(1, |a| shape[a]);
            let step = if own == 1 { 0 } else { stride };
            stride *= own;
            if n == 1 {
                continue;
            }
            match axes.last_mut() {
                Some((size, inner)) if step == *inner * *size => *size *= n,
                _ => axes.push((n, step)),
            }
        }
        axes.reverse();
        let periodic = matches!(axes.as_slice(), [(_, 0), (n, 1)] if TILE.is_multiple_of(*n));
        Gather { src, axes, buffer: Block::zeros(src.dtype(), &[TILE]), periodic, filled: 0 }
    }

    pub(super) fn buffer(&self) -> &Block {
        &self.buffer
    }

    /// Puts the elements of `start..start + len` of the index space into the buffer.
    pub(super) fn fill(&mut self, start: usize, len: usize) {
        if self.periodic && self.filled >= len {
            return;
        }
        with_type!(self.src.dtype(), T => {
            gather(&self.axes, self.src.as_slice::<T>(), start, &mut self.buffer.as_mut_slice::<T>()[..len]);
        });
        self.filled = len;
    }
}

fn gather<T: Element>(axes: &[(usize, usize)], src: &[T], start: usize, mut dst: &mut [T]) {
    let Some((&(inner, stride), outer)) = axes.split_last() else {
        dst.fill(src[0]);
        return;
    };
    let mut at = start;
    while !dst.is_empty() {
        let (mut rest, col) = (at / inner, at % inner);
        let mut base = col * stride;
        for &(n, stride) in outer.iter().rev() {
            base += rest % n * stride;
            rest /= n;
        }
        let (run, after) = dst.split_at_mut((inner - col).min(dst.len()));
        match stride {
            0 => run.fill(src[base]),
            1 => run.copy_from_slice(&src[base..base + run.len()]),
            _ => run.iter_mut().zip(src[base..].iter().step_by(stride)).for_each(|(d, &s)| *d = s),
        }
        (at, dst) = (at + run.len(), after);
    }
}
