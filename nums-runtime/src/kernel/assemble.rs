//! A block from regions of other blocks: slices, transposes, concatenations, changed grids.
//!
//! Each `Piece` is a strided copy. It is checked against both blocks before a byte moves, then runs as an odometer over the
//! outer axes with the innermost one as a run; a transposed run is walked in square patches, so that both sides stay in cache.

use super::{KernelError, room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::graph::Piece;

pub(super) fn assemble(shape: &[usize], pieces: &[Piece], args: &[&Block]) -> Result<Block, KernelError> {
    let dtype = args.first().ok_or_else(|| KernelError::mismatch("assemble", "no operands"))?.dtype();
    let mut out = room("assemble", dtype, shape)?;
    let mut covered = 0usize;
    for piece in pieces {
        let src = args.get(piece.arg as usize).ok_or_else(|| KernelError::mismatch("assemble", "a piece of no operand"))?;
        if src.dtype() != dtype {
            return Err(KernelError::mismatch("assemble", format!("{} beside {dtype}", src.dtype())));
        }
        let walk = Walk::of(piece, src.shape(), shape).ok_or_else(|| outside(piece, src, shape))?;
        covered = covered.saturating_add(piece.shape.iter().product());
        with_type!(dtype, T => walk.copy(src.as_slice::<T>(), out.as_mut_slice::<T>()));
    }
    if covered != out.len() {
        return Err(KernelError::mismatch("assemble", format!("pieces of {covered} elements for a block of {}", out.len())));
    }
    Ok(out)
}

fn outside(piece: &Piece, src: &Block, shape: &[usize]) -> KernelError {
    KernelError::mismatch("assemble", format!("{piece:?} is not inside {:?} and {shape:?}", src.shape()))
}

/// A checked strided copy: sizes, and for each axis the strides in both blocks.
struct Walk {
    shape: Vec<usize>,
    src: (usize, Vec<isize>),
    dest: (usize, Vec<isize>),
}

/// C-order strides.
fn strides(shape: &[usize]) -> Vec<isize> {
    let mut out = vec![1isize; shape.len()];
    for axis in (1..shape.len()).rev() {
        out[axis - 1] = out[axis] * shape[axis].max(1) as isize;
    }
    out
}

impl Walk {
    /// `None` when a region leaves its block.
    fn of(piece: &Piece, src: &[usize], dest: &[usize]) -> Option<Walk> {
        let rank = dest.len();
        let Piece { arg: _, src: from, dest: to, shape, axes, step } = piece;
        if [to.len(), shape.len(), axes.len(), step.len()] != [rank; 4] || from.len() != src.len() {
            return None;
        }
        let (src_strides, dest_strides) = (strides(src), strides(dest));
        let empty = shape.contains(&0);
        let mut walk = Walk { shape: shape.clone(), src: (0, vec![0; rank]), dest: (0, dest_strides.clone()) };
        // Lowest and highest position reached along each axis of the operand: axes may share one (a diagonal).
        let mut reach: Vec<(i128, i128)> = from.iter().map(|&at| (at as i128, at as i128)).collect();
        for axis in 0..rank {
            if !empty && to[axis].checked_add(shape[axis])? > dest[axis] {
                return None;
            }
            match axes[axis] {
                None if shape[axis] > 1 => return None,
                None => {}
                Some(a) => {
                    let span = i128::from(step[axis]) * (shape[axis] as i128 - 1);
                    let (low, high) = reach.get_mut(a as usize)?;
                    if span < 0 {
                        *low += span
                    } else {
                        *high += span
                    }
                    walk.src.1[axis] = src_strides[a as usize].checked_mul(isize::try_from(step[axis]).ok()?)?;
                }
            }
        }
        if empty {
            return Some(walk);
        }
        if reach.iter().zip(src).any(|(&(low, high), &n)| low < 0 || high >= n as i128) {
            return None;
        }
        walk.src.0 = from.iter().zip(&src_strides).map(|(&at, &s)| at * s as usize).sum();
        walk.dest.0 = to.iter().zip(&dest_strides).map(|(&at, &s)| at * s as usize).sum();
        Some(walk)
    }

    fn copy<T: Element>(&self, src: &[T], dest: &mut [T]) {
        if self.shape.contains(&0) {
            return;
        }
        let rank = self.shape.len();
        // The axis whose steps in the operand are single: the other side of a transpose.
        let inner = rank.saturating_sub(1);
        let across = (0..inner).rev().find(|&a| self.src.1[a] == 1 && self.shape[a] > 1);
        let patch = across.filter(|_| self.src.1[inner].abs() > 1 && self.shape[inner] > 1);
        let outer: Vec<usize> = (0..inner).filter(|a| Some(*a) != patch).collect();
        let mut index = vec![0usize; outer.len()];
        loop {
            let at = |(base, strides): &(usize, Vec<isize>)| {
                *base as isize + outer.iter().zip(&index).map(|(&a, &i)| strides[a] * i as isize).sum::<isize>()
            };
            let (s, d) = (at(&self.src), at(&self.dest));
            match patch {
                Some(axis) => self.copy_patches(axis, (src, s), (dest, d)),
                None if rank == 0 => dest[d as usize] = src[s as usize],
                None => copy_run((src, s, self.src.1[inner]), &mut dest[d as usize..d as usize + self.shape[inner]]),
            }
            let Some(k) = (0..outer.len()).rev().find(|&k| index[k] + 1 < self.shape[outer[k]]) else { return };
            index[k] += 1;
            index[k + 1..].fill(0);
        }
    }

    fn copy_patches<T: Element>(&self, axis: usize, (src, s): (&[T], isize), (dest, d): (&mut [T], isize)) {
        const EDGE: usize = 16;
        let inner = self.shape.len() - 1;
        let (rows, cols) = (self.shape[axis], self.shape[inner]);
        for row in (0..rows).step_by(EDGE) {
            for col in (0..cols).step_by(EDGE) {
                for r in row..rows.min(row + EDGE) {
                    let (s, d) = (s + r as isize, d + self.dest.1[axis] * r as isize);
                    for c in col..cols.min(col + EDGE) {
                        dest[(d + c as isize) as usize] = src[(s + self.src.1[inner] * c as isize) as usize];
                    }
                }
            }
        }
    }
}

fn copy_run<T: Element>((src, at, stride): (&[T], isize, isize), dest: &mut [T]) {
    if stride == 1 {
        dest.copy_from_slice(&src[at as usize..at as usize + dest.len()]);
        return;
    }
    for (i, d) in dest.iter_mut().enumerate() {
        *d = src[(at + stride * i as isize) as usize];
    }
}
