//! `Frame`: where interpreted steps read and write one tile, and the loop that runs them over it.
//!
//! A tile is taken in chunks: all steps pass over some positions before the next ones. What a step makes for another is then
//! still in the first cache, and while one chunk waits for memory or a division the processor begins the next. That pays as
//! long as a step begins in a few nanoseconds, so its loop is found when the kernel is prepared (`map::code`) and its operands
//! once a tile. They are held as addresses: a step writes what the next one reads, so no safe references to all of them can
//! be there at once. `run` checks every step against them before the first chunk.
#![allow(unsafe_code)]

use super::Reach;
use crate::element::{Element, Slice, SliceMut, with_type};
use crate::kernel::map::{Code, Fault};
use nums_ir::dtype::DType;
use std::marker::PhantomData;

/// Positions of a chunk. More leave the first cache when many values are alive, and processors less to begin beside a
/// division; fewer begin steps too often.
pub(super) const CHUNK: usize = 256;

/// A step that is ready to run.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) code: Code,
    /// Lanes of the operands.
    pub(super) args: Vec<usize>,
    /// Lane of the result.
    pub(super) to: usize,
}

/// The elements of a source or a home.
pub(super) struct Lane {
    dtype: DType,
    first: *mut u8,
    len: usize,
    /// `Space` and `Tile` are alike: `first` is the tile's first element.
    reach: Reach,
    writable: bool,
}

/// The lanes of one tile, all borrowed for `'a`: none that can be written overlaps another.
pub(super) struct Frame<'a> {
    lanes: &'a mut Vec<Lane>,
    borrowed: PhantomData<SliceMut<'a>>,
}

impl<'a> Frame<'a> {
    /// Without lanes yet; `lanes` is room that is used again.
    pub(super) fn new(lanes: &'a mut Vec<Lane>) -> Frame<'a> {
        lanes.clear();
        Frame { lanes, borrowed: PhantomData }
    }

    /// Adds a lane that is read.
    pub(super) fn source(&mut self, elements: Slice<'a>, splat: bool) {
        let (dtype, len) = (elements.dtype(), elements.len());
        let first = with_type!(dtype, T => T::slice(elements).unwrap_or_default().as_ptr().cast_mut().cast());
        let reach = if splat { Reach::One } else { Reach::Tile };
        self.lanes.push(Lane { dtype, first, len, reach, writable: false });
    }

    /// Adds a lane that is written and read.
    pub(super) fn home(&mut self, elements: SliceMut<'a>, reach: Reach) {
        let (dtype, len) = (elements.dtype(), elements.len());
        let first = with_type!(dtype, T => T::slice_mut(elements).unwrap_or_default().as_mut_ptr().cast());
        self.lanes.push(Lane { dtype, first, len, reach, writable: true });
    }

    /// Runs steps over the first `positions` of the lanes.
    pub(super) fn run(&mut self, steps: &[Step], positions: usize) -> Result<(), Fault> {
        if !steps.iter().all(|step| self.admits(step, positions)) {
            return Err(Fault::Operands);
        }
        for from in (0..positions).step_by(CHUNK) {
            let len = CHUNK.min(positions - from);
            for step in steps {
                // SAFETY: `admits` holds for the step, `from + len` is at most `positions`, and `len` at most a chunk.
                unsafe { self.step(step, from, len)? };
            }
        }
        Ok(())
    }

    /// Whether a step's lanes are there, are long enough, and the one that it writes is none that it reads.
    fn admits(&self, step: &Step, positions: usize) -> bool {
        let fits = |lane: &Lane| match lane.reach {
            Reach::One => lane.len == 1,
            Reach::Space | Reach::Tile => lane.len >= positions,
            Reach::Chunk => lane.len >= positions.min(CHUNK),
        };
        let readable = |arg: &usize| *arg != step.to && self.lanes.get(*arg).is_some_and(fits);
        self.lanes.get(step.to).is_some_and(|lane| lane.writable && fits(lane)) && step.args.iter().all(readable)
    }

    /// Runs a step for `len` positions from `from`.
    ///
    /// # Safety
    /// `admits` was true of the step for at least `from + len` positions, and `len` is at most `CHUNK`.
    #[inline(always)]
    unsafe fn step(&mut self, step: &Step, from: usize, len: usize) -> Result<(), Fault> {
        // SAFETY: the lanes are there and long enough, by the caller's word. They are borrowed for `'a`, which outlives `self`, and the
        // only one that is written is none of the others and overlaps none (they were borrowed exclusively, each for itself).
        unsafe {
            let to = self.lanes.get_unchecked(step.to).slice_mut(from, len);
            let read = |arg: usize| self.lanes.get_unchecked(arg).slice(from, len);
            match step.args[..] {
                [a] => (step.code)(&[read(a)], to),
                [a, b] => (step.code)(&[read(a), read(b)], to),
                [a, b, c] => (step.code)(&[read(a), read(b), read(c)], to),
                _ => Err(Fault::Operands),
            }
        }
    }
}

impl Lane {
    /// The first of some positions' elements, and how many they have.
    #[inline(always)]
    fn at(&self, from: usize, len: usize) -> (*mut u8, usize) {
        match self.reach {
            Reach::One => (self.first, 1),
            Reach::Space | Reach::Tile => (self.first.wrapping_add(from * self.dtype.size()), len),
            Reach::Chunk => (self.first, len),
        }
    }

    /// # Safety
    /// The lane has the positions, nothing writes them during `'s`, and they are borrowed for as long.
    #[inline(always)]
    unsafe fn slice<'s>(&self, from: usize, len: usize) -> Slice<'s> {
        let (first, len) = self.at(from, len);
        // SAFETY: the address came from elements of this dtype (`source`, `home`); the rest is the caller's word.
        with_type!(self.dtype, T => T::wrap(unsafe { std::slice::from_raw_parts(first.cast(), len) }))
    }

    /// # Safety
    /// The lane has the positions, is writable, nothing else reads or writes them during `'s`, and they are borrowed for as long.
    #[inline(always)]
    unsafe fn slice_mut<'s>(&self, from: usize, len: usize) -> SliceMut<'s> {
        let (first, len) = self.at(from, len);
        // SAFETY: as in `slice`.
        with_type!(self.dtype, T => T::wrap_mut(unsafe { std::slice::from_raw_parts_mut(first.cast(), len) }))
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Fault, Frame, Lane, Reach, Step};
    use crate::block::Block;
    use crate::kernel::map;
    use nums_ir::dtype::DType;
    use nums_ir::ops::MapOp;

    fn add(args: &[usize], to: usize) -> Step {
        let code = map::code(MapOp::Add, &[DType::F64; 2], DType::F64).unwrap();
        Step { code, args: args.to_vec(), to }
    }

    /// Runs steps over the lanes `x`, one element, a chunk, and the result.
    fn run(steps: &[Step], positions: usize, len: usize) -> Result<Block, Fault> {
        let x = Block::from_slice(&(0..len).map(|i| i as f64).collect::<Vec<_>>(), &[len]);
        let (one, mut chunk, mut y) = (Block::scalar(0.5), Block::zeros(DType::F64, &[CHUNK]), Block::zeros(DType::F64, &[len]));
        let mut lanes: Vec<Lane> = Vec::new();
        let mut frame = Frame::new(&mut lanes);
        frame.source(x.slice(), false);
        frame.source(one.slice(), true);
        frame.home(chunk.slice_mut(), Reach::Chunk);
        frame.home(y.slice_mut(), Reach::Space);
        frame.run(steps, positions)?;
        Ok(y)
    }

    #[test]
    fn chunks_follow_each_other_to_the_end() {
        for n in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let y = run(&[add(&[0, 1], 2), add(&[2, 0], 3)], n, n).unwrap();
            assert!(y.as_slice::<f64>().iter().enumerate().all(|(i, y)| *y == 2.0 * i as f64 + 0.5), "{n}");
        }
    }

    #[test]
    fn steps_that_their_lanes_do_not_allow_are_refused() {
        for step in [add(&[0, 3], 3), add(&[0, 1], 0), add(&[0, 1], 4), add(&[0, 9], 3), add(&[0], 3)] {
            assert_eq!(run(&[step], 10, 10).unwrap_err(), Fault::Operands);
        }
        assert_eq!(run(&[add(&[0, 1], 3)], 11, 10).unwrap_err(), Fault::Operands);
        assert_eq!(run(&[add(&[1, 1], 2)], CHUNK + 1, 10).unwrap().len(), 10);
    }
}
