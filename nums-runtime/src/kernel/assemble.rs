//! A block from regions of other blocks: slices, transposes, concatenations, changed grids.
//!
//! Each `Piece` is a strided copy. It is checked against both blocks before a byte moves; then axes that are one run in both
//! blocks are merged, an odometer walks the outer ones, and two are left as a plane: in lines along the inner axis, along the
//! other one where the inner is short, or in square patches where the operand is transposed, so that both sides stay in cache.

use super::{KernelError, stale_room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::graph::Piece;

pub(super) fn assemble(shape: &[usize], pieces: &[Piece], args: &[&Block]) -> Result<Block, KernelError> {
    let dtype = args.first().ok_or_else(|| KernelError::mismatch("assemble", "no operands"))?.dtype();
    let mut out = stale_room("assemble", dtype, shape)?;
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
pub(super) struct Walk {
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
    pub(super) fn of(piece: &Piece, src: &[usize], dest: &[usize]) -> Option<Walk> {
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

    /// The first element of the operand.
    pub(super) fn first(&self) -> usize {
        self.src.0
    }

    /// How far the next element of the operand is along every axis; `None` if one lies before.
    pub(super) fn forward(&self) -> Option<Vec<usize>> {
        self.src.1.iter().map(|stride| usize::try_from(*stride).ok()).collect()
    }

    /// Axes with more than one position, from the outermost in the new block; neighbours that are one run are one.
    fn axes(&self) -> Vec<Axis> {
        let mut out: Vec<Axis> = Vec::with_capacity(self.shape.len());
        for (&n, (&src, &dest)) in self.shape.iter().zip(self.src.1.iter().zip(&self.dest.1)).filter(|(n, _)| **n > 1) {
            match out.last_mut() {
                Some(last) if last.src == src * n as isize && last.dest == dest * n as isize => {
                    *last = Axis { n: last.n * n, src, dest };
                }
                _ => out.push(Axis { n, src, dest }),
            }
        }
        out
    }

    fn copy<T: Element>(&self, src: &[T], dest: &mut [T]) {
        if self.shape.contains(&0) {
            return;
        }
        let mut axes = self.axes();
        let inner = axes.pop().unwrap_or(Axis::ONE);
        let crossing = (0..axes.len()).rev().min_by_key(|&a| axes[a].src.abs());
        let crossing = crossing.filter(|&a| axes[a].src.abs() < inner.src.abs() && inner.n >= SHORT);
        // Beside a short axis the longest, up to what a line needs; the innermost of those.
        let across = crossing.or_else(|| (0..axes.len()).max_by_key(|&a| axes[a].n.min(CHUNK)));
        let plane = [across.map_or(Axis::ONE, |a| axes.remove(a)), inner];
        let mut index = vec![0usize; axes.len()];
        loop {
            let at = |base: usize, stride: fn(&Axis) -> isize| {
                base as isize + axes.iter().zip(&index).map(|(a, &i)| stride(a) * i as isize).sum::<isize>()
            };
            let at = [at(self.src.0, |a| a.src), at(self.dest.0, |a| a.dest)];
            if crossing.is_some() {
                copy_patches(plane, at, src, dest)
            } else {
                copy_lines(plane, at, src, dest)
            }
            let Some(k) = (0..axes.len()).rev().find(|&k| index[k] + 1 < axes[k].n) else { return };
            index[k] += 1;
            index[k + 1..].fill(0);
        }
    }
}

/// Below so many elements a line costs more than what it copies.
const SHORT: usize = 16;
/// Elements of a line that is walked again for the next position of a short axis: what it touches stays in the first cache.
const CHUNK: usize = 128;

/// So many positions, and how far the next one is in the operand and in the new block.
#[derive(Clone, Copy)]
struct Axis {
    n: usize,
    src: isize,
    dest: isize,
}

impl Axis {
    const ONE: Axis = Axis { n: 1, src: 1, dest: 1 };
}

fn step([src, dest]: [isize; 2], axis: Axis, i: usize) -> [isize; 2] {
    [src + axis.src * i as isize, dest + axis.dest * i as isize]
}

fn copy_lines<T: Element>([across, inner]: [Axis; 2], at: [isize; 2], src: &[T], dest: &mut [T]) {
    if inner.n >= SHORT || inner.n >= across.n {
        (0..across.n).for_each(|i| copy_line(inner, step(at, across, i), src, dest));
        return;
    }
    for begin in (0..across.n).step_by(CHUNK) {
        let chunk = Axis { n: CHUNK.min(across.n - begin), ..across };
        let at = step(at, across, begin);
        (0..inner.n).for_each(|i| copy_line(chunk, step(at, inner, i), src, dest));
    }
}

fn copy_patches<T: Element>([across, inner]: [Axis; 2], at: [isize; 2], src: &[T], dest: &mut [T]) {
    const EDGE: usize = 16;
    for row in (0..across.n).step_by(EDGE) {
        for col in (0..inner.n).step_by(EDGE) {
            for r in row..across.n.min(row + EDGE) {
                let [s, d] = step(at, across, r);
                for c in col..inner.n.min(col + EDGE) {
                    let [s, d] = step([s, d], inner, c);
                    dest[d as usize] = src[s as usize];
                }
            }
        }
    }
}

/// The elements along one axis. Each way to step is a loop of its own, with one check for all its elements.
fn copy_line<T: Element>(axis: Axis, [s, d]: [isize; 2], src: &[T], dest: &mut [T]) {
    let last = axis.n - 1;
    let (stride, gap) = (axis.src.unsigned_abs(), axis.dest.unsigned_abs());
    let low = (if axis.src < 0 { s + axis.src * last as isize } else { s }) as usize;
    let (from, to) = (&src[low..=low + stride * last], &mut dest[d as usize..=d as usize + gap * last]);
    match (axis.src, gap) {
        (1, 1) => to.copy_from_slice(from),
        (0, 1) => to.fill(from[0]),
        (0, _) => spread(to, gap, std::iter::repeat(&from[0])),
        (1, _) => spread(to, gap, from.iter()),
        (-1, _) => spread(to, gap, from.iter().rev()),
        (2.., _) => spread(to, gap, from.iter().step_by(stride)),
        (..-1, _) => spread(to, gap, from.iter().rev().step_by(stride)),
    }
}

#[inline(always)]
fn spread<'a, T: Element>(to: &mut [T], gap: usize, from: impl Iterator<Item = &'a T>) {
    if gap == 1 {
        to.iter_mut().zip(from).for_each(|(t, f)| *t = *f);
    } else {
        to.chunks_mut(gap).zip(from).for_each(|(t, f)| t[0] = *f);
    }
}
