//! What the steps of a panel see of a tile: rows of the operands, and what the steps before made of them.
//!
//! Rows along first axes are runs of memory and read in place. Along another axis a tile is many short runs: they are copied
//! side by side when the tile begins, so that steps find a small block in the order that they know, and results are copied
//! to their places when it ends. The copies stay in the cache in which the tile does.

use super::step::State;
use super::{Home, Panel, Slot};
use crate::block::Block;
use crate::element::{Element, with_type};
use crate::kernel::KernelError;
use crate::kernel::view::{Operands, Read, View};

/// The operands of a task whose rows are not their first axis, as far as a tile goes.
pub(super) struct Copies {
    /// By parameter.
    blocks: Vec<Option<Block>>,
}

impl Copies {
    /// Room for tiles of `most` of `all` rows; none if that is all, or where rows are runs of memory.
    pub(super) fn new(panel: &Panel, args: &dyn Operands, most: usize, all: usize) -> Copies {
        let room = |at: usize| {
            let axis = panel.params.get(at)?.row.filter(|axis| *axis > 0 && most < all)?;
            let Read::Elements(x) = args.read(at)? else { return None };
            let mut shape: Vec<usize> = x.shape().collect();
            *shape.get_mut(axis)? = most;
            Some(Block::stale(x.dtype(), &shape))
        };
        Copies { blocks: (0..panel.params.len()).map(room).collect() }
    }

    /// Fills the room with rows from `start`.
    pub(super) fn load(&mut self, panel: &Panel, args: &dyn Operands, start: usize, rows: usize) -> Result<(), KernelError> {
        for (at, block) in self.blocks.iter_mut().enumerate() {
            let Some(block) = block else { continue };
            let copied = match (args.read(at), panel.params.get(at).and_then(|p| p.row)) {
                (Some(Read::Elements(x)), Some(axis)) => load(&x, axis, (start, rows), block),
                (Some(Read::Elements(_) | Read::Scalar(_) | Read::Sliced(_)) | None, _) => None,
            };
            copied.ok_or_else(|| panel.mismatch("an operand that is not there"))?;
        }
        Ok(())
    }
}

/// Sizes of the axes before `axis` together, of it, and of those behind it.
fn around(shape: impl Iterator<Item = usize>, axis: usize) -> (usize, usize, usize) {
    let (mut before, mut own, mut after) = (1, 1, 1);
    for (at, n) in shape.enumerate() {
        match at.cmp(&axis) {
            std::cmp::Ordering::Less => before *= n,
            std::cmp::Ordering::Equal => own = n,
            std::cmp::Ordering::Greater => after *= n,
        }
    }
    (before, own, after)
}

/// Rows of `x` along `axis` to the beginning of a block.
fn load(x: &View<'_>, axis: usize, (start, rows): (usize, usize), into: &mut Block) -> Option<()> {
    let (before, own, after) = around(x.shape(), axis);
    with_type!(x.dtype(), T => {
        let (src, dst) = (T::slice(x.elements())?, into.as_mut_slice::<T>());
        for i in 0..before {
            let from = src.get((i * own + start) * after..(i * own + start + rows) * after)?;
            dst.get_mut(i * rows * after..(i + 1) * rows * after)?.copy_from_slice(from);
        }
    });
    Some(())
}

/// All rows of `tile` along `axis` to their places in a block of more.
pub(super) fn store(tile: &View<'_>, axis: usize, start: usize, into: &mut Block) -> Option<()> {
    let (before, rows, after) = around(tile.shape(), axis);
    let (_, all, _) = around(into.shape().iter().copied(), axis);
    with_type!(tile.dtype(), T => {
        let (src, dst) = (T::slice(tile.elements())?, into.as_mut_slice::<T>());
        for i in 0..before {
            let from = src.get(i * rows * after..(i + 1) * rows * after)?;
            dst.get_mut((i * all + start) * after..(i * all + start + rows) * after)?.copy_from_slice(from);
        }
    });
    Some(())
}

/// What a step sees: the task's operands, and what the steps before it made of this tile.
pub(super) struct Tile<'a> {
    pub(super) panel: &'a Panel,
    pub(super) args: &'a dyn Operands,
    pub(super) copies: &'a Copies,
    pub(super) before: &'a [State<'a>],
    pub(super) start: usize,
    pub(super) rows: usize,
}

/// Some values of a tile as the operands of a kernel.
pub(super) struct Chosen<'a>(pub(super) &'a Tile<'a>, pub(super) &'a [Slot]);

impl Operands for Chosen<'_> {
    fn count(&self) -> usize {
        self.1.len()
    }

    fn read(&self, index: usize) -> Option<Read<'_>> {
        self.0.read(*self.1.get(index)?)
    }
}

impl Tile<'_> {
    /// A value as the tile's steps read it.
    fn read(&self, slot: Slot) -> Option<Read<'_>> {
        let view = match *self.panel.homes.get(slot)? {
            Home::Param(at) => match (self.panel.params.get(at)?.row, self.args.read(at)?) {
                (_, Read::Scalar(scalar)) => return Some(Read::Scalar(scalar)),
                (None, Read::Elements(whole)) => Some(whole),
                (Some(0), Read::Elements(all)) => all.cut(self.start, self.rows),
                (Some(axis), Read::Elements(all)) => match self.copies.blocks.get(at)? {
                    Some(copy) => View::resized(copy, axis, self.rows),
                    None => Some(all),
                },
                (_, Read::Sliced(_)) => None,
            },
            Home::Step(step, k) => self.before.get(step)?.rows(k, self.start, self.rows),
        };
        view.map(Read::Elements)
    }

    pub(super) fn view(&self, slot: Slot) -> Result<View<'_>, KernelError> {
        match self.read(slot) {
            Some(Read::Elements(view)) => Ok(view),
            Some(Read::Scalar(_) | Read::Sliced(_)) => Err(self.panel.mismatch("rows or a product of a scalar")),
            None => Err(self.panel.mismatch("a value that is not there")),
        }
    }

    pub(super) fn both(&self, a: Slot, b: Slot) -> Result<(View<'_>, View<'_>), KernelError> {
        Ok((self.view(a)?, self.view(b)?))
    }

    pub(super) fn misfit(&self, x: &View<'_>, y: &View<'_>) -> KernelError {
        let shape = |v: &View<'_>| v.shape().collect::<Vec<_>>();
        self.panel.mismatch(format!("a product of {}{:?} and {}{:?}", x.dtype(), shape(x), y.dtype(), shape(y)))
    }
}
