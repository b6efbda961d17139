//! Operands that do not have the shape of the index space: broadcast ones, read tile by tile through a buffer.

use super::{Origin, Source, Stream, TILE};
use crate::block::Block;
use crate::element::{Element, Slice, with_type};
use crate::kernel::view::Read;
use crate::native::{Loop, vectorised};
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
    pub(super) fn shape(&self, args: &[Read<'_>]) -> Option<Vec<usize>> {
        match &self.origin {
            Origin::Dim(_) => Some(Vec::new()),
            Origin::Param { index, axes } => match args.get(*index)? {
                Read::Scalar(_) => None,
                Read::Elements(b) => axes.iter().map(|axis| axis.map_or(Some(1), |a| b.shape().get(a).copied())).collect(),
            },
        }
    }

    /// How the elements are read in an index space; `None` for an operand of the wrong kind.
    pub(super) fn read<'a>(&self, args: &[Read<'a>], space: &[usize]) -> Option<Stream<'a>> {
        let one = |scalar: Scalar| with_type!(self.dtype, T => Block::scalar(T::from_scalar(scalar)));
        match (&self.origin, self.splat) {
            (Origin::Dim(n), _) => Some(Stream::One(one(Scalar::Int(i128::from(*n))))),
            (Origin::Param { index, .. }, true) => match args.get(*index)? {
                Read::Scalar(s) => Some(Stream::One(one(*s))),
                Read::Elements(b) => Some(Stream::One(b.to_block())),
            },
            (Origin::Param { index, .. }, false) => {
                let Read::Elements(view) = args.get(*index)? else { return None };
                let (elements, shape) = (view.elements(), self.shape(args)?);
                Some(if shape == space {
                    Stream::Whole(elements)
                } else {
                    Stream::Gathered(Gather::new(elements, &shape, space))
                })
            }
        }
    }
}

/// An operand read through a buffer.
pub(super) struct Gather<'a> {
    src: Slice<'a>,
    /// The index space with neighbouring axes merged where the operand allows it, and the operand's strides in it.
    axes: Vec<(usize, usize)>,
    buffer: Block,
    /// The buffer holds the same elements for every tile (a row that is repeated, its length a divisor of the tile's).
    periodic: bool,
    filled: usize,
}

impl<'a> Gather<'a> {
    fn new(src: Slice<'a>, shape: &[usize], space: &[usize]) -> Gather<'a> {
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
            let src = T::slice(self.src).unwrap_or_default();
            let dst = &mut self.buffer.as_mut_slice::<T>()[..len];
            vectorised(Fill { axes: &self.axes, src, start, dst });
        });
        self.filled = len;
    }
}

/// Elements of an index space in C order from `start`, as far as `dst` goes.
struct Fill<'a, T> {
    axes: &'a [(usize, usize)],
    src: &'a [T],
    start: usize,
    dst: &'a mut [T],
}

impl<T: Element> Loop for Fill<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Fill { axes, src, start, mut dst } = self;
        let Some((&(inner, stride), outer)) = axes.split_last() else {
            dst.fill(src[0]);
            return;
        };
        let (mut rest, mut col) = (start / inner, start % inner);
        let (mut row, mut index) = (0, vec![0; outer.len()]);
        for (index, &(n, stride)) in index.iter_mut().zip(outer).rev() {
            *index = rest % n;
            row += *index * stride;
            rest /= n;
        }
        while !dst.is_empty() {
            let (run, after) = dst.split_at_mut((inner - col).min(dst.len()));
            let from = &src[row + col * stride..];
            match stride {
                0 => run.fill(from[0]),
                1 => run.copy_from_slice(&from[..run.len()]),
                _ => run.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, &x)| *to = x),
            }
            (dst, col) = (after, 0);
            // The next row, counted axis by axis from the innermost: divisions would cost more than short rows do.
            for (index, &(n, stride)) in index.iter_mut().zip(outer).rev() {
                (*index, row) = (*index + 1, row + stride);
                if *index < n {
                    break;
                }
                (*index, row) = (0, row - n * stride);
            }
        }
    }
}
