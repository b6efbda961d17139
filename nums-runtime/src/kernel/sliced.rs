//! `Sliced`: an operand that lies in regions of several blocks, read in place.
//!
//! A slice of an array is, for one task, strided regions of the few blocks that it touches. A range of the index space in C order that
//! is one run of one region is handed to the kernel as it is; what crosses a border or has gaps is gathered into a buffer of a tile's
//! length. `rows` says where tiles had best end so that most of them are runs.

use super::assemble::Walk;
use super::view::{Operands, Read, Spare, View};
use super::{KernelError, Operand};
use crate::block::Block;
use crate::element::{Element, Slice, with_type};
use crate::kernel::interpret::Fill;
use crate::native::vectorised;
use nums_ir::dtype::DType;
use nums_ir::graph::{Piece, Reading, SlicedTask};

/// An operand in regions.
#[derive(Debug)]
pub(super) struct Sliced<'a> {
    dtype: DType,
    space: &'a [usize],
    regions: Vec<Region<'a>>,
}

/// A part of the index space whose elements are in one block.
#[derive(Debug)]
struct Region<'a> {
    elements: Slice<'a>,
    /// First position in the index space, and size.
    dest: &'a [usize],
    shape: &'a [usize],
    /// Where the first element is, and how far the next one is along every axis.
    src: usize,
    strides: Vec<usize>,
    /// The outermost axis behind which the region has all of the space: from there on it is a range in C order.
    depth: usize,
    /// Sizes and strides from that axis on, neighbours merged where they are one run.
    axes: Vec<(usize, usize)>,
}

/// The parts of every `period` positions that tiles best are: before `low`, to `high`, and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    period: usize,
    low: usize,
    high: usize,
}

/// Below so many elements a run costs more as a tile of its own than gathered.
const SHORT: usize = 256;

impl<'a> Sliced<'a> {
    fn of(space: &'a [usize], pieces: &'a [Piece], args: &[Operand<'a>]) -> Result<Sliced<'a>, KernelError> {
        let wrong = |why: &str| KernelError::mismatch("kernel", why);
        let volume = |shape: &[usize]| shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m));
        let mut regions: Vec<Region<'a>> = Vec::with_capacity(pieces.len());
        let mut covered = 0usize;
        for piece in pieces {
            let Some(Operand::Block(block)) = args.get(piece.arg as usize).copied() else {
                return Err(wrong("a piece of no operand"));
            };
            let walk = Walk::of(piece, block.shape(), space).ok_or_else(|| wrong("a piece outside its blocks"))?;
            let strides = walk.forward().ok_or_else(|| wrong("a piece that goes back"))?;
            covered = covered.saturating_add(volume(&piece.shape).unwrap_or(usize::MAX));
            let whole = |a: &usize| piece.shape[*a] == space[*a];
            let depth = (1..space.len()).rev().take_while(whole).last().map_or(space.len().saturating_sub(1), |a| a - 1);
            let axes = merged(piece.shape.iter().zip(&strides).skip(depth));
            let (dest, shape) = (&piece.dest[..], &piece.shape[..]);
            regions.push(Region { elements: block.slice(), dest, shape, src: walk.first(), strides, depth, axes });
        }
        let dtype = regions.first().map(|r| r.elements.dtype()).ok_or_else(|| wrong("an operand of no pieces"))?;
        if regions.iter().any(|r| r.elements.dtype() != dtype || r.shape.contains(&0)) || Some(covered) != volume(space) {
            return Err(wrong("pieces that do not make an operand"));
        }
        Ok(Sliced { dtype, space, regions })
    }

    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.space
    }

    /// Where tiles best end; `None` where any will do.
    pub(super) fn rows(&self) -> Option<Rows> {
        let largest = self.regions.iter().max_by_key(|r| r.shape.iter().product::<usize>())?;
        let behind: usize = self.space[largest.depth + 1..].iter().product();
        let rows = match largest.axes[..] {
            [(_, 1)] if largest.depth == 0 => return None,
            [(n, 1)] => {
                let low = largest.dest[largest.depth] * behind;
                Rows { period: behind * self.space[largest.depth], low, high: low + n }
            }
            [.., (n, 1)] => Rows { period: n, low: 0, high: n },
            _ => return None,
        };
        (rows.high - rows.low >= SHORT).then_some(rows)
    }

    /// The elements from `start` of the region `from`, if it has so many.
    fn run(&self, region: usize, start: usize, len: usize) -> Option<Slice<'_>> {
        self.regions.get(region)?.elements.get(start..start.checked_add(len)?)
    }
}

impl Rows {
    /// What suits both: the shorter period, or of one period what both have in one run.
    pub(super) fn with(self, other: Rows) -> Rows {
        if self.period != other.period {
            return if self.period < other.period { self } else { other };
        }
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if high.saturating_sub(low) < SHORT { self } else { Rows { low, high, ..self } }
    }

    /// How many positions from `start` are a tile.
    pub(super) fn until(&self, start: usize) -> usize {
        let at = start % self.period;
        let end = [self.low, self.high].into_iter().find(|end| at < *end).unwrap_or(self.period);
        end - at
    }
}

/// Axes with more than one position, from the outermost; neighbours that are one run are one.
fn merged<'s>(axes: impl Iterator<Item = (&'s usize, &'s usize)>) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (&n, &stride) in axes.filter(|(n, _)| **n > 1) {
        match out.last_mut() {
            Some((size, outer)) if *outer == stride * n => (*size, *outer) = (*size * n, stride),
            _ => out.push((n, stride)),
        }
    }
    if out.is_empty() {
        out.push((1, 1));
    }
    out
}

impl Region<'_> {
    fn holds(&self, at: &[usize]) -> bool {
        at.iter().zip(self.dest).zip(self.shape).all(|((at, first), n)| at.wrapping_sub(*first) < *n)
    }

    /// The first of `len` elements from position `from` of the range, if they are a run.
    fn direct(&self, base: usize, from: usize, len: usize) -> Option<usize> {
        let (&(inner, stride), outer) = self.axes.split_last()?;
        let (mut rest, col) = (from / inner, from % inner);
        if stride != 1 || col + len > inner {
            return None;
        }
        let mut at = base + col;
        for (n, stride) in outer.iter().rev() {
            at += rest % n * stride;
            rest /= n;
        }
        Some(at)
    }
}

/// The elements of one tile after another: where they are, or gathered.
pub(super) struct Window {
    /// Region and first element of a tile that is a run.
    direct: Option<(usize, usize)>,
    buffer: Block,
    /// Room: a position of the index space, one of a region, and the region that the last position was in.
    at: Vec<usize>,
    index: Vec<usize>,
    last: usize,
}

impl Window {
    pub(super) fn new(sliced: &Sliced<'_>, tile: usize) -> Window {
        let n = sliced.space.len();
        Window { direct: None, buffer: Block::stale(sliced.dtype, &[tile]), at: vec![0; n], index: vec![0; n], last: 0 }
    }

    pub(super) fn slice<'s>(&'s self, sliced: &'s Sliced<'_>, len: usize) -> Option<Slice<'s>> {
        match self.direct {
            Some((region, start)) => sliced.run(region, start, len),
            None => self.buffer.slice().get(0..len),
        }
    }

    /// Finds the elements of `start..start + len`; `None` if there are none.
    pub(super) fn find(&mut self, sliced: &Sliced<'_>, start: usize, len: usize) -> Option<()> {
        self.direct = None;
        let mut done = 0;
        while done < len {
            let mut rest = start + done;
            for (at, n) in self.at.iter_mut().zip(sliced.space).rev() {
                (*at, rest) = (rest % n, rest / n);
            }
            let holds = |r: &usize| sliced.regions.get(*r).is_some_and(|region| region.holds(&self.at));
            self.last = Some(self.last).filter(holds).or_else(|| (0..sliced.regions.len()).find(holds))?;
            let region = &sliced.regions[self.last];
            let place = |a: usize| self.at[a] - region.dest[a];
            let base = (0..region.depth).fold(region.src, |base, a| base + place(a) * region.strides[a]);
            let range = || region.depth..sliced.space.len();
            let from = range().fold(0, |from, a| from * region.shape[a] + place(a));
            let n = (range().map(|a| region.shape[a]).product::<usize>() - from).min(len - done);
            if n == len
                && let Some(first) = region.direct(base, from, len)
            {
                self.direct = Some((self.last, first));
                return Some(());
            }
            with_type!(sliced.dtype, T => {
                let src = T::slice(region.elements).unwrap_or_default().get(base..)?;
                let dst = self.buffer.as_mut_slice::<T>().get_mut(done..done + n)?;
                let index = &mut self.index[..region.axes.len() - 1];
                vectorised(Fill { axes: &region.axes, index, src, start: from, dst });
            });
            done += n;
        }
        Some(())
    }
}

/// The operands of a sliced kernel.
pub(super) struct Parts<'a> {
    args: &'a [Operand<'a>],
    parts: Vec<Place<'a>>,
}

enum Place<'a> {
    Whole(usize),
    Sliced(Sliced<'a>),
}

impl<'a> Parts<'a> {
    pub(super) fn of(task: &'a SlicedTask, args: &'a [Operand<'a>]) -> Result<Parts<'a>, KernelError> {
        let place = |part: &'a Reading| match part {
            Reading::Whole(arg) => Ok(Place::Whole(*arg as usize)),
            Reading::Pieces(pieces) => Sliced::of(&task.space, pieces, args).map(Place::Sliced),
        };
        Ok(Parts { args, parts: task.operands.iter().map(place).collect::<Result<_, _>>()? })
    }
}

/// Its blocks are read at other positions than their own, so none is written over.
impl Spare for Parts<'_> {
    fn spare(&mut self, _: usize) -> Option<&mut Block> {
        None
    }
}

impl Operands for Parts<'_> {
    fn count(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, index: usize) -> Option<Read<'_>> {
        Some(match self.parts.get(index)? {
            Place::Sliced(sliced) => Read::Sliced(sliced),
            Place::Whole(arg) => match self.args.get(*arg)? {
                Operand::Block(block) => Read::Elements(View::of(block)),
                Operand::Scalar(scalar) => Read::Scalar(*scalar),
            },
        })
    }
}
