//! Operands that do not have the shape of the index space: broadcast ones, read tile by tile through a buffer.

use super::{Origin, Source};
use crate::block::Block;
use crate::element::{Element, Slice, with_type};
use crate::kernel::sliced::Window;
use crate::kernel::view::{Operands, Read};
use crate::native::{Loop, vectorised};
use nums_ir::dtype::DType;
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

/// How the elements of a source are read.
pub(super) enum Stream {
    /// One element.
    One(Block),
    /// In place: an operand.
    Whole(usize),
    /// An operand, through a tile buffer.
    Gathered(usize, Gather),
    /// An operand in regions of blocks.
    Sliced(usize, Window),
}

impl Stream {
    /// The elements of a tile; one for a splat.
    pub(super) fn slice<'s>(&'s self, args: &'s dyn Operands, start: usize, len: usize) -> Option<Slice<'s>> {
        match self {
            Stream::One(block) => Some(block.slice()),
            Stream::Whole(index) => match args.read(*index)? {
                Read::Elements(view) => view.elements().get(start..start + len),
                Read::Scalar(_) | Read::Sliced(_) => None,
            },
            Stream::Sliced(index, window) => match args.read(*index)? {
                Read::Sliced(sliced) => window.slice(sliced, len),
                Read::Elements(_) | Read::Scalar(_) => None,
            },
            Stream::Gathered(_, gather) => gather.buffer.slice().get(gather.begin..gather.begin + len),
        }
    }
}

impl Stream {
    /// Its operand has other elements from now on.
    pub(super) fn forget(&mut self) {
        match self {
            Stream::Gathered(_, gather) => gather.filled = 0,
            Stream::One(_) | Stream::Whole(_) | Stream::Sliced(..) => {}
        }
    }
}

impl Source {
    /// The shape of the operand with its new axes.
    pub(super) fn shape(&self, args: &dyn Operands) -> Option<Vec<usize>> {
        match &self.origin {
            Origin::Dim(_) => Some(Vec::new()),
            Origin::Param { index, axes } => match args.read(*index)? {
                Read::Scalar(_) => None,
                Read::Elements(b) => axes.iter().map(|axis| axis.map_or(Some(1), |a| b.size(a))).collect(),
                Read::Sliced(s) => axes.iter().map(|axis| axis.map_or(Some(1), |a| s.shape().get(a).copied())).collect(),
            },
        }
    }

    /// How the elements are read in an index space, so many at a time; `None` for an operand of the wrong kind.
    pub(super) fn read(&self, args: &dyn Operands, space: &[usize], tile: usize) -> Option<Stream> {
        let one = |scalar: Scalar| with_type!(self.dtype, T => Block::scalar(T::from_scalar(scalar)));
        match (&self.origin, self.splat) {
            (Origin::Dim(n), _) => Some(Stream::One(one(Scalar::Int(i128::from(*n))))),
            (Origin::Param { index, .. }, true) => match args.read(*index)? {
                Read::Scalar(s) => Some(Stream::One(one(s))),
                Read::Elements(b) => b.only().map(Stream::One),
                Read::Sliced(_) => None,
            },
            (Origin::Param { index, .. }, false) => {
                let shape = self.shape(args)?;
                Some(match args.read(*index)? {
                    Read::Elements(_) if shape == space => Stream::Whole(*index),
                    Read::Elements(view) => Stream::Gathered(*index, Gather::new(view.dtype(), &shape, space, tile)),
                    Read::Sliced(sliced) if shape == space => Stream::Sliced(*index, Window::new(sliced, tile)),
                    Read::Sliced(_) | Read::Scalar(_) => return None,
                })
            }
        }
    }
}

/// An operand read through a buffer.
pub(super) struct Gather {
    /// The index space with neighbouring axes merged where the operand allows it, and the operand's strides in it.
    axes: Vec<(usize, usize)>,
    /// Where a tile begins, by outer axis.
    index: Vec<usize>,
    buffer: Block,
    /// The length of a row that is repeated, if it is no longer than a tile: the buffer then holds a tile from any of its elements.
    period: Option<usize>,
    filled: usize,
    /// Where in the buffer a tile begins.
    begin: usize,
}

impl Gather {
    fn new(dtype: DType, shape: &[usize], space: &[usize], tile: usize) -> Gather {
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
        let period = match axes.as_slice() {
            [(_, 0), (n, 1)] if *n <= tile => Some(*n),
            _ => None,
        };
        let index = vec![0; axes.len().saturating_sub(1)];
        let buffer = Block::stale(dtype, &[tile + period.unwrap_or(0)]);
        Gather { axes, index, buffer, period, filled: 0, begin: 0 }
    }

    /// Puts the elements of `start..start + len` of the index space into the buffer.
    pub(super) fn fill(&mut self, src: Slice<'_>, start: usize, len: usize) {
        let (start, len) = match self.period {
            None => (start, len),
            Some(n) => {
                self.begin = start % n;
                let needed = self.begin + len;
                if self.filled >= needed {
                    return;
                }
                // A second tile shows that there are more: all of them at once.
                (0, if self.filled == 0 { needed } else { self.buffer.len() })
            }
        };
        with_type!(src.dtype(), T => {
            let src = T::slice(src).unwrap_or_default();
            let dst = &mut self.buffer.as_mut_slice::<T>()[..len];
            vectorised(Fill { axes: &self.axes, index: &mut self.index, src, start, dst });
        });
        self.filled = len;
    }
}

/// Elements of an index space in C order from `start`, as far as `dst` goes.
pub(in crate::kernel) struct Fill<'a, T> {
    /// Sizes and strides, the innermost last; room for a position on all but that.
    pub(in crate::kernel) axes: &'a [(usize, usize)],
    pub(in crate::kernel) index: &'a mut [usize],
    pub(in crate::kernel) src: &'a [T],
    pub(in crate::kernel) start: usize,
    pub(in crate::kernel) dst: &'a mut [T],
}

impl<T: Element> Loop for Fill<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Fill { axes, index, src, start, mut dst } = self;
        let Some((&(inner, stride), outer)) = axes.split_last() else {
            dst.fill(src[0]);
            return;
        };
        let (mut rest, mut col) = (start / inner, start % inner);
        let mut row = 0;
        for (index, &(n, stride)) in index.iter_mut().zip(outer).rev() {
            *index = rest % n;
            row += *index * stride;
            rest /= n;
        }
        while !dst.is_empty() {
            // Whole short rows side by side.
            if (2..=4).contains(&inner)
                && col == 0
                && dst.len() >= inner
                && let (Some(index), Some(&(n, down))) = (index.last_mut(), outer.last())
            {
                let rows = (n - *index).min(dst.len() / inner);
                let (now, after) = dst.split_at_mut(rows * inner);
                let from = &src[row..];
                match inner {
                    2 => short_rows::<T, 2>(now, from, down, stride),
                    3 => short_rows::<T, 3>(now, from, down, stride),
                    _ => short_rows::<T, 4>(now, from, down, stride),
                }
                // The last of them is left to the count below.
                (*index, row, dst) = (*index + rows - 1, row + (rows - 1) * down, after);
            } else {
                let (run, after) = dst.split_at_mut((inner - col).min(dst.len()));
                let from = &src[row + col * stride..];
                match stride {
                    0 => run.fill(from[0]),
                    1 => run.copy_from_slice(&from[..run.len()]),
                    _ => run.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, &x)| *to = x),
                }
                (dst, col) = (after, 0);
            }
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

/// Rows of `N` elements: a loop whose body has no loop.
#[inline(always)]
fn short_rows<T: Element, const N: usize>(dst: &mut [T], src: &[T], down: usize, stride: usize) {
    if (down, stride) == (1, 0) {
        for (row, &x) in dst.chunks_exact_mut(N).zip(src) {
            row.copy_from_slice(&[x; N]);
        }
        return;
    }
    for (i, row) in dst.chunks_exact_mut(N).enumerate() {
        for (k, to) in row.iter_mut().enumerate() {
            *to = src[i * down + k * stride];
        }
    }
}
