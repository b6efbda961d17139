//! Data that moves: slices, transposes, concatenation and changed grids, as `assemble` tasks over rectangular regions.
//!
//! A `Source` says how the elements of a region of the new array are found in an old one: every axis of the region walks one
//! axis of the old array with a stride, or none (a new axis). Each block of the new array takes from every block of the old
//! one that it meets a piece, so that pieces cover it exactly once. What is indexed only to be joined or for kernels
//! makes no blocks (`slices`): they take their pieces from where the index points.

use super::{Handle, Tiler, integer, sizes};
use crate::diag::Loc;
use crate::func::{Func, IndexItem, Inst, Value};
use crate::graph::{Arg, ArrayId, Piece, TaskOp};
use crate::grid::Grid;
use std::cmp::Ordering;
use std::ops::Range;

/// Where the elements of a region come from.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) array: ArrayId,
    /// First position of the region in the new array, and its size.
    dest: Vec<usize>,
    shape: Vec<usize>,
    /// For each axis of the region: the axis of the old array that it walks, the first position there, and the stride.
    walk: Vec<Option<(usize, i64, i64)>>,
    /// Positions on axes of the old array that no axis walks.
    fixed: Vec<(usize, usize)>,
}

impl Source {
    /// A region of the new array that walks an old one.
    pub(super) fn new(
        array: ArrayId,
        region: impl Iterator<Item = Range<usize>>,
        walk: Vec<Option<(usize, i64, i64)>>,
    ) -> Source {
        let (dest, shape) = region.map(|r| (r.start, r.len())).unzip();
        Source { array, dest, shape, walk, fixed: vec![] }
    }
}

/// Part of one axis: positions `dest..dest + len` of the new block, from `src` of the old array's `part`-th block.
#[derive(Clone, Copy)]
struct Part {
    part: usize,
    src: usize,
    dest: usize,
    len: usize,
}

impl Tiler {
    /// `x` cut as `to`; the same array if it is.
    pub(super) fn recut(&mut self, x: ArrayId, to: &Grid) -> ArrayId {
        if self.grid(x) == to {
            return x;
        }
        let key = (x, to.block_shape().to_vec());
        if let Some(known) = self.recuts.get(&key) {
            return *known;
        }
        let (name, dtype, loc) = {
            let array = self.graph.array(x);
            (array.name.clone(), array.dtype, array.loc)
        };
        let id = self.array(&name, dtype, to.clone(), loc);
        self.copy(x, id, loc);
        self.recuts.insert(key, id);
        id
    }

    /// The elements of one array as those of another, of whatever cuts.
    pub(super) fn copy(&mut self, x: ArrayId, to: ArrayId, loc: Loc) {
        let (source, _) = self.whole(x);
        self.assemble(to, &[source], loc);
    }

    pub(super) fn transpose(&mut self, func: &Func, inst: &Inst, perm: &[i64]) {
        let (x, out) = (self.operand(func, inst.args[0]), inst.results[0]);
        let grid = self.grid(x);
        let pick = |of: &[usize]| perm.iter().map(|p| of[*p as usize]).collect::<Vec<_>>();
        let to = Grid::new(&pick(grid.shape()), &pick(grid.block_shape()));
        let walk = perm.iter().map(|p| Some((*p as usize, 0, 1))).collect();
        let source = Source { array: x, dest: vec![0; perm.len()], shape: to.shape().to_vec(), walk, fixed: vec![] };
        let id = self.result(func, out, to);
        self.assemble(id, &[source], func.data(out).loc);
    }

    /// A basic index. A slice keeps its source's cut, divided by the stride.
    pub(super) fn index(&mut self, func: &Func, inst: &Inst, items: &[IndexItem]) {
        let (x, out) = (self.operand(func, inst.args[0]), inst.results[0]);
        let grid = self.grid(x).clone();
        let shape = sizes(func, out);
        let taken = items.iter().filter(|i| matches!(i, IndexItem::At(_) | IndexItem::Slice { .. })).count();
        let (mut walk, mut fixed, mut axis) = (Vec::new(), Vec::new(), 0);
        let whole = |walk: &mut Vec<_>, axis: &mut usize, n: usize| {
            for _ in 0..n {
                walk.push(Some((*axis, 0, 1)));
                *axis += 1;
            }
        };
        for item in items {
            match item {
                IndexItem::NewAxis => walk.push(None),
                IndexItem::Ellipsis => whole(&mut walk, &mut axis, grid.rank() - taken),
                IndexItem::At(i) => {
                    let (i, n) = (integer(i), grid.shape()[axis]);
                    fixed.push((axis, if i < 0 { n - i.unsigned_abs() as usize } else { i as usize }));
                    axis += 1;
                }
                IndexItem::Slice { start, stop, step } => {
                    let bound = |b: &Option<_>| b.as_ref().map(integer);
                    let first = slice_start(grid.shape()[axis] as i64, bound(start), bound(stop), *step);
                    walk.push(Some((axis, first, *step)));
                    axis += 1;
                }
            }
        }
        let rest = grid.rank() - axis;
        whole(&mut walk, &mut axis, rest);
        let block: Vec<usize> = walk
            .iter()
            .map(|w| w.map_or(1, |(a, _, step)| grid.block_shape()[a].div_ceil(step.unsigned_abs() as usize)))
            .collect();
        let grid = Grid::new(&shape, &block);
        let source = Source { array: x, dest: vec![0; shape.len()], shape, walk, fixed };
        if self.in_place.contains(&out) {
            self.views.insert(out, (source, grid));
            return;
        }
        let id = self.result(func, out, grid);
        self.assemble(id, &[source], func.data(out).loc);
    }

    /// The value that is row `row` of an array, in its blocks.
    pub(super) fn pick(&mut self, func: &Func, v: Value, x: ArrayId, row: usize) {
        let grid = self.grid(x);
        let (shape, to) = (grid.shape()[1..].to_vec(), Grid::new(&grid.shape()[1..], &grid.block_shape()[1..]));
        let walk = (0..shape.len()).map(|a| Some((a + 1, 0, 1))).collect();
        let source = Source { array: x, dest: vec![0; shape.len()], shape, walk, fixed: vec![(0, row)] };
        let id = self.result(func, v, to);
        self.assemble(id, &[source], func.data(v).loc);
    }

    /// Arrays joined along an axis; `None` joins them ravelled. Cut as the first operand.
    pub(super) fn concatenate(&mut self, func: &Func, inst: &Inst, axis: Option<i64>) {
        let (out, loc) = (inst.results[0], func.data(inst.results[0]).loc);
        let shape = sizes(func, out);
        let mut parts: Vec<(Source, Grid)> = Vec::with_capacity(inst.args.len());
        for arg in &inst.args {
            parts.push(match self.views.get(arg) {
                Some(view) => view.clone(),
                None => {
                    let mut x = self.operand(func, *arg);
                    if axis.is_none() {
                        let (size, name) = (self.grid(x).shape().iter().product(), self.graph.array(x).name.clone());
                        x = self.reshape(x, &[size], &name, loc);
                    }
                    self.whole(x)
                }
            });
        }
        let axis = axis.map_or(0, |a| if a < 0 { shape.len() - a.unsigned_abs() as usize } else { a as usize });
        let largest = parts.iter().max_by_key(|(_, grid)| grid.shape()[axis]).map(|(_, grid)| grid.block_shape().to_vec());
        let id = self.result(func, out, Grid::new(&shape, &largest.unwrap_or_else(|| shape.clone())));
        let mut at = 0;
        let mut sources = Vec::with_capacity(parts.len());
        for (mut source, _) in parts {
            source.dest[axis] = at;
            at += source.shape[axis];
            sources.push(source);
        }
        self.assemble(id, &sources, loc);
    }

    /// The one operand of a concatenation that has all its elements, if there is one that is an array: that is the result.
    pub(super) fn only(&mut self, func: &Func, inst: &Inst) -> Option<ArrayId> {
        let shape = sizes(func, inst.results[0]);
        let dtype = func.ty(inst.results[0]).dtype;
        let all = |v: &&Value| sizes(func, **v) == shape && func.ty(**v).dtype == dtype && !self.views.contains_key(v);
        let only = *inst.args.iter().find(all).filter(|_| !shape.contains(&0))?;
        Some(self.operand(func, only))
    }

    /// All of an array, and its cut.
    fn whole(&self, x: ArrayId) -> (Source, Grid) {
        let grid = self.grid(x).clone();
        let n = grid.rank();
        let walk = (0..n).map(|a| Some((a, 0, 1))).collect();
        (Source { array: x, dest: vec![0; n], shape: grid.shape().to_vec(), walk, fixed: vec![] }, grid)
    }

    /// One task a block of `out`, with a piece from every block that it meets.
    pub(super) fn assemble(&mut self, out: ArrayId, sources: &[Source], loc: Loc) {
        let grid = self.grid(out).clone();
        for i in 0..grid.n_blocks() {
            let (offset, shape) = (grid.offset_at(i), grid.block_shape_at(i));
            let (mut args, mut pieces) = (Vec::new(), Vec::new());
            for source in sources {
                self.pieces(source, &offset, &shape, &mut args, &mut pieces);
            }
            if args.is_empty() {
                // An empty block: its dtype is an operand's.
                args.extend(sources.first().map(|s| Arg::Block(self.block(s.array, 0))));
            }
            let block = self.block(out, i);
            self.task(TaskOp::Assemble { shape, pieces }, args, vec![block], loc);
        }
    }

    /// The pieces of a new block at `offset` that come from one source.
    pub(super) fn pieces(
        &self,
        source: &Source,
        offset: &[usize],
        shape: &[usize],
        args: &mut Vec<Arg>,
        pieces: &mut Vec<Piece>,
    ) {
        let old = self.grid(source.array);
        let mut axes: Vec<Vec<Part>> = Vec::with_capacity(shape.len());
        for a in 0..shape.len() {
            let low = offset[a].max(source.dest[a]);
            let high = (offset[a] + shape[a]).min(source.dest[a] + source.shape[a]);
            if low >= high {
                return;
            }
            axes.push(match source.walk[a] {
                None => vec![Part { part: 0, src: 0, dest: low - offset[a], len: high - low }],
                Some((axis, first, step)) => {
                    let begin = first + step * (low - source.dest[a]) as i64;
                    parts(old, axis, begin, step, high - low, low - offset[a])
                }
            });
        }
        let mut choice = vec![0; axes.len()];
        loop {
            let mut coords = vec![0; old.rank()];
            let mut src = vec![0; old.rank()];
            for (axis, position) in &source.fixed {
                coords[*axis] = position / old.block_shape()[*axis];
                src[*axis] = position - old.range(*axis, coords[*axis]).start;
            }
            let picked: Vec<Part> = axes.iter().zip(&choice).map(|(parts, c)| parts[*c]).collect();
            for (part, walk) in picked.iter().zip(&source.walk) {
                if let Some((axis, ..)) = walk {
                    (coords[*axis], src[*axis]) = (part.part, part.src);
                }
            }
            let arg = Arg::Block(self.block(source.array, old.index(&coords)));
            let at = args.iter().position(|a| *a == arg).unwrap_or_else(|| {
                args.push(arg);
                args.len() - 1
            });
            pieces.push(Piece {
                arg: at as u32,
                src,
                dest: picked.iter().map(|p| p.dest).collect(),
                shape: picked.iter().map(|p| p.len).collect(),
                axes: source.walk.iter().map(|w| w.map(|(axis, ..)| axis as u32)).collect(),
                step: source.walk.iter().map(|w| w.map_or(1, |(.., step)| step)).collect(),
            });
            let Some(axis) = (0..axes.len()).rev().find(|a| choice[*a] + 1 < axes[*a].len()) else { return };
            choice[axis] += 1;
            choice[axis + 1..].fill(0);
        }
    }
}

/// Cuts `len` positions `begin, begin + step, …` of an axis at the borders of its blocks.
fn parts(old: &Grid, axis: usize, begin: i64, step: i64, len: usize, dest: usize) -> Vec<Part> {
    let block = old.block_shape()[axis] as i64;
    let mut out = Vec::new();
    let mut done = 0i64;
    while done < len as i64 {
        let at = begin + step * done;
        let part = at / block;
        // Steps that stay in this block: all, where one position stands for all.
        let room = match step.cmp(&0) {
            Ordering::Greater => ((part + 1) * block - 1 - at) / step,
            Ordering::Equal => len as i64,
            Ordering::Less => (at - part * block) / -step,
        };
        let count = (room + 1).min(len as i64 - done);
        let (src, dest) = ((at - part * block) as usize, dest + done as usize);
        out.push(Part { part: part as usize, src, dest, len: count as usize });
        done += count;
    }
    out
}

/// Where a slice begins, by NumPy's clipping. Its length is the result's.
fn slice_start(n: i64, start: Option<i64>, _stop: Option<i64>, step: i64) -> i64 {
    let low = if step < 0 { -1 } else { 0 };
    let high = if step < 0 { n - 1 } else { n };
    match start {
        None => {
            if step < 0 {
                high
            } else {
                low
            }
        }
        Some(s) if s < 0 => (s + n).max(low),
        Some(s) => s.min(high),
    }
}

impl Handle {
    /// The array, if it is one.
    pub(super) fn array(self) -> Option<ArrayId> {
        match self {
            Handle::Array(id) => Some(id),
            Handle::Scalar(_) => None,
        }
    }
}
