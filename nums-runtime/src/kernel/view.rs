//! `View`: the elements of an operand, read in place: those of a block, or of some of its rows.
//!
//! A panel hands its steps views of the rows of a tile, so that no tile is copied; a task's other operands are views of whole
//! blocks. A view has a shape of its own and borrows its elements; it leaves their lifetime to the block. `Operands` are
//! asked one by one, so that a tile collects nothing. Some may be `Spare`: between two tiles, while nothing borrows them, a
//! result may be written over what was read.

use super::sliced::Sliced;
use super::{Held, Operand};
use crate::block::Block;
use crate::element::{Element, Slice, with_type};
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use std::sync::Arc;

/// Elements of any dtype under a shape, in C order without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The axis whose size is not the block's, and that size; `BLOCK` if there is none.
    rows: (usize, usize),
    block: &'a [usize],
    elements: Slice<'a>,
}

/// No axis. Not an `Option`: compilers look at what is not there together with whether it is, and valgrind then says so.
const BLOCK: (usize, usize) = (usize::MAX, 0);

/// An operand as a kernel reads it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read<'a> {
    Elements(View<'a>),
    /// In regions of several blocks.
    Sliced(&'a Sliced<'a>),
    Scalar(Scalar),
}

/// The operands of a kernel.
pub(super) trait Operands {
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them; `None` for one that is not there.
    fn read(&self, index: usize) -> Option<Read<'_>>;
    /// Whether nobody will read it after this task.
    fn is_spare(&self, _index: usize) -> bool {
        false
    }
}

/// Operands some of which may be written over when they have been read.
pub(super) trait Spare: Operands {
    /// The block of an operand that `is_spare`.
    fn spare(&mut self, index: usize) -> Option<&mut Block>;
}

impl<'a> View<'a> {
    /// Of a whole block.
    pub(super) fn of(block: &'a Block) -> View<'a> {
        View { rows: BLOCK, block: block.shape(), elements: block.slice() }
    }

    /// Of `rows` rows of a block from row `start`; `None` outside, or for a block without rows.
    pub(super) fn rows(block: &'a Block, start: usize, rows: usize) -> Option<View<'a>> {
        View::of(block).cut(start, rows)
    }

    /// Of `rows` of its rows from row `start`; `None` outside, or without rows.
    pub(super) fn cut(self, start: usize, rows: usize) -> Option<View<'a>> {
        let (_, inner) = self.block.split_first()?;
        let width: usize = inner.iter().product();
        let elements = self.elements.get(start * width..(start + rows) * width)?;
        Some(View { rows: (0, rows), block: self.block, elements })
    }

    /// Of the first elements of a block, as one whose `axis` has another size; `None` if it has not so many.
    pub(super) fn resized(block: &'a Block, axis: usize, size: usize) -> Option<View<'a>> {
        let view = View { rows: (axis, size), ..View::of(block) };
        let elements = view.elements.get(0..view.shape().product())?;
        Some(View { elements, ..view })
    }

    pub(super) fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    pub(super) fn rank(&self) -> usize {
        self.block.len()
    }

    /// The size of an axis.
    pub(super) fn size(&self, axis: usize) -> Option<usize> {
        let own = self.block.get(axis).copied()?;
        Some(if self.rows.0 == axis { self.rows.1 } else { own })
    }

    pub(super) fn shape(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rank()).filter_map(|axis| self.size(axis))
    }

    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn elements(&self) -> Slice<'a> {
        self.elements
    }

    /// The elements as `T`s; none of another dtype.
    pub(super) fn as_slice<T: Element>(&self) -> &'a [T] {
        T::slice(self.elements).unwrap_or_default()
    }

    /// Its only element, as a block; `None` for another number of elements.
    pub(super) fn only(&self) -> Option<Block> {
        with_type!(self.dtype(), T => if let [one] = self.as_slice::<T>() { Some(Block::scalar(*one)) } else { None })
    }
}

impl Operands for &[Operand<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn read(&self, index: usize) -> Option<Read<'_>> {
        Some(match self.get(index)? {
            Operand::Block(block) => Read::Elements(View::of(block)),
            Operand::Scalar(scalar) => Read::Scalar(*scalar),
        })
    }
}

impl Spare for &[Operand<'_>] {
    fn spare(&mut self, _: usize) -> Option<&mut Block> {
        None
    }
}

impl Operands for &mut [Held] {
    fn count(&self) -> usize {
        self.len()
    }

    fn read(&self, index: usize) -> Option<Read<'_>> {
        Some(match self.get(index)? {
            Held::Block(block) => Read::Elements(View::of(block)),
            Held::Scalar(scalar) => Read::Scalar(*scalar),
        })
    }

    fn is_spare(&self, index: usize) -> bool {
        matches!(self.get(index), Some(Held::Block(block)) if Arc::strong_count(block) == 1)
    }
}

impl Spare for &mut [Held] {
    fn spare(&mut self, index: usize) -> Option<&mut Block> {
        match self.get_mut(index)? {
            Held::Block(block) => Arc::get_mut(block),
            Held::Scalar(_) => None,
        }
    }
}
