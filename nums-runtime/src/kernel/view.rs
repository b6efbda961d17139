//! `View`: the elements of an operand, read in place: those of a block, or of some of its rows.
//!
//! A panel hands its steps views of the rows of a tile, so that no tile is copied; a task's other operands are views of whole
//! blocks. A view has a shape of its own and borrows its elements; it leaves their lifetime to the block.

use super::Operand;
use crate::block::Block;
use crate::element::{Element, Slice, with_type};
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;

/// Elements of any dtype under a shape, in C order without gaps.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    shape: Vec<usize>,
    elements: Slice<'a>,
}

/// An operand as a kernel reads it.
#[derive(Clone, Debug)]
pub(super) enum Read<'a> {
    Elements(View<'a>),
    Scalar(Scalar),
}

impl<'a> View<'a> {
    /// Of a whole block.
    pub(super) fn of(block: &'a Block) -> View<'a> {
        View { shape: block.shape().to_vec(), elements: block.slice() }
    }

    /// Of `rows` rows of a block from row `start`; `None` outside, or for a block without rows.
    pub(super) fn rows(block: &'a Block, start: usize, rows: usize) -> Option<View<'a>> {
        let (_, inner) = block.shape().split_first()?;
        let width: usize = inner.iter().product();
        let elements = block.slice().get(start * width..(start + rows) * width)?;
        Some(View { shape: [&[rows], inner].concat(), elements })
    }

    pub(super) fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn elements(&self) -> Slice<'a> {
        self.elements
    }

    /// The elements as `T`s; none of another dtype.
    pub(super) fn as_slice<T: Element>(&self) -> &'a [T] {
        T::slice(self.elements).unwrap_or_default()
    }

    /// A copy.
    pub(super) fn to_block(&self) -> Block {
        with_type!(self.dtype(), T => Block::from_slice(self.as_slice::<T>(), &self.shape))
    }
}

impl<'a> From<&Operand<'a>> for Read<'a> {
    fn from(operand: &Operand<'a>) -> Read<'a> {
        match operand {
            Operand::Block(block) => Read::Elements(View::of(block)),
            Operand::Scalar(scalar) => Read::Scalar(*scalar),
        }
    }
}
