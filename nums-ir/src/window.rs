//! What a program reads of its arrays: a parameter that is only indexed stands for the blocks that the indices touch.
//!
//! `x[i]` of an array in ten thousand blocks touches one. `windows` replaces such a parameter by the smallest box of whole blocks
//! around everything that its basic indices take, with the indices counted from the box. What is tiled, placed and sent then
//! depends on what is read and not on what there is. Values and cuts of results stay as they were: blocks are kept whole.

use crate::dim::Dim;
use crate::func::{Func, IndexItem, Inst, Op, Size, Value};
use crate::grid::Grid;
use crate::types::Type;
use std::ops::Range;

/// The box of blocks of one array, an axis each: numbers of blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    parts: Vec<Range<usize>>,
    /// The grid of the box alone.
    pub grid: Grid,
}

impl Window {
    /// The whole array.
    fn whole(grid: &Grid) -> Window {
        Window { parts: (0..grid.rank()).map(|a| 0..grid.parts(a)).collect(), grid: grid.clone() }
    }

    /// The blocks of the array that the box has, by their numbers in `grid`, in the order of the box.
    pub fn blocks(&self, grid: &Grid) -> Vec<usize> {
        let mut out = vec![0];
        for (axis, parts) in self.parts.iter().enumerate() {
            out = out.iter().flat_map(|at| parts.clone().map(move |part| at * grid.parts(axis) + part)).collect();
        }
        out
    }

    /// Whether it is all of the array.
    pub fn is_whole(&self, grid: &Grid) -> bool {
        self.grid == *grid
    }
}

/// The fused function on windows of its arrays, and the windows, one an array parameter. `grids` has the cut of each.
pub fn windows(func: &Func, grids: &[Grid]) -> (Func, Vec<Window>) {
    let mut out = func.clone();
    let arrays: Vec<Value> = func.params.iter().copied().filter(|p| !func.ty(*p).weak).collect();
    let windows = arrays.iter().zip(grids).map(|(p, grid)| {
        let Some(window) = window(func, *p, grid) else { return Window::whole(grid) };
        for inst in &mut out.insts {
            if let (Op::Index { items }, Some(first)) = (&mut inst.op, inst.args.first())
                && *first == *p
            {
                *items = items_of(items, grid.rank());
                shift(items, grid, &window);
            }
        }
        let dims = window.grid.shape().iter().map(|n| Dim::from(*n)).collect();
        out.values[p.0 as usize].ty = Some(Type::array(func.ty(*p).dtype, dims));
        window
    });
    let windows = windows.collect();
    (out, windows)
}

/// The box of a parameter that is only indexed, if it is not all of it.
fn window(func: &Func, p: Value, grid: &Grid) -> Option<Window> {
    if grid.n_blocks() == 1 || func.results.contains(&p) {
        return None;
    }
    let mut touched: Vec<Option<Range<usize>>> = vec![None; grid.rank()];
    for inst in func.insts.iter().filter(|i| i.args.contains(&p)) {
        for (seen, range) in touched.iter_mut().zip(ranges(inst, grid)?) {
            *seen = Some(match seen.take() {
                Some(old) => old.start.min(range.start)..old.end.max(range.end),
                None => range,
            });
        }
    }
    let block = grid.block_shape();
    let mut parts = Vec::new();
    let mut shape = Vec::new();
    for (axis, range) in touched.into_iter().enumerate() {
        let range = range?;
        let part = range.start / block[axis]..(range.end.max(range.start + 1) - 1) / block[axis] + 1;
        shape.push((part.end * block[axis]).min(grid.shape()[axis]) - part.start * block[axis]);
        parts.push(part);
    }
    let window = Window { parts, grid: Grid::new(&shape, block) };
    (!window.is_whole(grid)).then_some(window)
}

/// The positions of every axis that an index takes, or `None` if the instruction is no index with known bounds.
fn ranges(inst: &Inst, grid: &Grid) -> Option<Vec<Range<usize>>> {
    let Op::Index { items } = &inst.op else { return None };
    let shape = grid.shape();
    let mut axis = 0;
    let mut out = Vec::new();
    for item in items_of(items, shape.len()) {
        let n = shape.get(axis).copied().unwrap_or(1);
        match &item {
            IndexItem::NewAxis | IndexItem::Ellipsis => continue,
            IndexItem::At(i) => {
                let at = from_front(constant(i)?, n)?;
                out.push(at..at + 1);
            }
            IndexItem::Slice { start, stop, step } => {
                let (first, len) = walk(n, bound(start)?, bound(stop)?, *step);
                let last = first + step * (len as i64 - 1);
                out.push(match len {
                    // Nothing is taken: any block tells the dtype.
                    0 => 0..0,
                    _ => first.min(last) as usize..first.max(last) as usize + 1,
                });
            }
        }
        axis += 1;
    }
    (axis == shape.len() && shape.iter().all(|n| *n > 0)).then_some(out)
}

/// The items with an ellipsis and missing axes as whole slices.
pub(crate) fn items_of(items: &[IndexItem], rank: usize) -> Vec<IndexItem> {
    let whole = IndexItem::Slice { start: None, stop: None, step: 1 };
    let taken = items.iter().filter(|i| matches!(i, IndexItem::At(_) | IndexItem::Slice { .. })).count();
    let mut out = Vec::new();
    let mut left = rank.saturating_sub(taken);
    for item in items {
        match item {
            IndexItem::Ellipsis => out.extend(std::iter::repeat_n(whole.clone(), std::mem::take(&mut left))),
            IndexItem::At(_) | IndexItem::Slice { .. } | IndexItem::NewAxis => out.push(item.clone()),
        }
    }
    out.extend(std::iter::repeat_n(whole, left));
    out
}

/// Counts the items from the window instead of from the array.
fn shift(items: &mut [IndexItem], grid: &Grid, window: &Window) {
    let mut axis = 0;
    for item in items {
        if matches!(item, IndexItem::NewAxis | IndexItem::Ellipsis) {
            continue;
        }
        let (n, offset) = (grid.shape()[axis], (window.parts[axis].start * grid.block_shape()[axis]) as i64);
        let size = |i: i64| Size::Dim(Dim::Const(i));
        *item = match item {
            IndexItem::At(i) => {
                let at = constant(i).and_then(|i| from_front(i, n)).unwrap_or_default();
                IndexItem::At(size(at as i64 - offset))
            }
            IndexItem::Slice { start, stop, step } => {
                let (first, len) = walk(n, bound(start).flatten(), bound(stop).flatten(), *step);
                let last = first + *step * (len as i64 - 1);
                let (start, stop) = match len {
                    0 => (Some(0), Some(0)),
                    _ if *step > 0 => (Some(first - offset), Some(last - offset + 1)),
                    // Before the first element of the window is only the open end.
                    _ if last == offset => (Some(first - offset), None),
                    _ => (Some(first - offset), Some(last - offset - 1)),
                };
                IndexItem::Slice { start: start.map(size), stop: stop.map(size), step: *step }
            }
            IndexItem::NewAxis | IndexItem::Ellipsis => continue,
        };
        axis += 1;
    }
}

fn constant(size: &Size) -> Option<i64> {
    match size {
        Size::Dim(d) => d.as_const(),
        Size::Value(_) => None,
    }
}

/// A bound of a slice: `None` if it is not known, `Some(None)` if there is none.
#[allow(clippy::option_option)]
fn bound(b: &Option<Size>) -> Option<Option<i64>> {
    match b {
        None => Some(None),
        Some(size) => constant(size).map(Some),
    }
}

fn from_front(i: i64, n: usize) -> Option<usize> {
    let at = if i < 0 { i + n as i64 } else { i };
    usize::try_from(at).ok().filter(|at| *at < n)
}

/// First position and number of elements of a slice, by Python's clipping.
fn walk(n: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> (i64, usize) {
    let n = n as i64;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let clip = |b: i64| if b < 0 { (b + n).max(low) } else { b.min(high) };
    let first = start.map_or(if step < 0 { high } else { low }, clip);
    let end = stop.map_or(if step < 0 { low } else { high }, clip);
    let span = if step < 0 { first - end } else { end - first };
    let len = if span <= 0 { 0 } else { (span + step.abs() - 1) / step.abs() };
    (first, len as usize)
}

#[cfg(test)]
mod tests {
    use super::{Window, windows};
    use crate::diag::Loc;
    use crate::dim::Dim;
    use crate::dtype::DType;
    use crate::func::{Func, IndexItem, Op, Size, Stage};
    use crate::grid::Grid;
    use crate::infer::result_types;
    use crate::types::Type;

    fn indexed(shape: &[usize], all: &[Vec<IndexItem>]) -> Func {
        let mut func = Func::new("f");
        func.stage = Stage::Fused;
        let x = func.param("x", Some(Type::of(DType::F64, shape)), Loc::default());
        for items in all {
            let op = Op::Index { items: items.clone() };
            let ty = result_types(&op, &[func.ty(x)], Loc::default()).unwrap().remove(0);
            let made = func.push_typed(op, &[x], ty, Loc::default());
            func.results.push(made);
        }
        func
    }

    fn slice(start: Option<i64>, stop: Option<i64>, step: i64) -> IndexItem {
        let size = |b: i64| Size::Dim(Dim::Const(b));
        IndexItem::Slice { start: start.map(size), stop: stop.map(size), step }
    }

    fn at(i: i64) -> IndexItem {
        IndexItem::At(Size::Dim(Dim::Const(i)))
    }

    /// The flat positions in the array that an index takes, seen through a window.
    fn taken(func: &Func, inst: usize, grid: &Grid, window: &Window) -> Vec<usize> {
        let Op::Index { items } = &func.insts[inst].op else { panic!("an index") };
        let IndexItem::Slice { start, stop, step } = &items[0] else { panic!("a slice") };
        let n = window.grid.shape()[0];
        let known = |b: &Option<Size>| super::bound(b).unwrap();
        let (first, len) = super::walk(n, known(start), known(stop), *step);
        let offset = window.blocks(grid)[0] * grid.block_shape()[0];
        (0..len as i64).map(|k| (first + step * k) as usize + offset).collect()
    }

    #[test]
    fn one_element_touches_one_block() {
        let grid = Grid::new(&[10_000], &[1]);
        let (func, made) = windows(&indexed(&[10_000], &[vec![at(-3)]]), std::slice::from_ref(&grid));
        assert_eq!((made[0].blocks(&grid), made[0].grid.n_blocks()), (vec![9_997], 1));
        assert_eq!(func.ty(func.params[0]).to_string(), "f64[1]");
        let (_, whole) = windows(&indexed(&[10_000], &[vec![at(0)], vec![at(-1)]]), std::slice::from_ref(&grid));
        assert!(whole[0].is_whole(&grid));
    }

    #[test]
    fn a_box_has_whole_blocks_of_every_axis() {
        let grid = Grid::new(&[7, 9], &[2, 4]);
        let items = vec![IndexItem::NewAxis, at(3), IndexItem::Ellipsis, slice(Some(-2), None, 1)];
        let (func, made) = windows(&indexed(&[7, 9], &[items]), std::slice::from_ref(&grid));
        assert_eq!(made[0].blocks(&grid), [4, 5]);
        let ty = result_types(&func.insts[0].op, &[func.ty(func.params[0])], Loc::default()).unwrap();
        assert_eq!(ty, [func.ty(func.results[0]).clone()]);
    }

    #[test]
    fn a_window_changes_no_element() {
        for n in 1..9 {
            for block in 1..=n {
                let grid = Grid::new(&[n], &[block]);
                let bounds: Vec<Option<i64>> = std::iter::once(None).chain((-10..=10).map(Some)).collect();
                for (start, stop) in bounds.iter().flat_map(|a| bounds.iter().map(move |b| (*a, *b))) {
                    for step in [-3, -1, 1, 2] {
                        let func = indexed(&[n], &[vec![slice(start, stop, step)]]);
                        let (first, len) = super::walk(n, start, stop, step);
                        let want: Vec<usize> = (0..len as i64).map(|k| (first + step * k) as usize).collect();
                        let (through, made) = windows(&func, std::slice::from_ref(&grid));
                        assert_eq!(taken(&through, 0, &grid, &made[0]), want, "{start:?}:{stop:?}:{step} of {n} by {block}");
                    }
                }
            }
        }
    }
}
