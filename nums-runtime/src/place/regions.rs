//! Blocks that are cut anew go from node to node in parts: `split` lets a node send the region that another one takes.
//!
//! An `assemble` task, and a kernel that reads slices in place, takes regions of blocks. Where such a block lies on another node than the task is led to, and the region is less
//! than the block, a task on the block's side cuts the region out first, and only that moves: a change of layout is then an
//! all-to-all in which each element moves once and no node holds a whole block more than it makes. On one node nothing is cut. It runs before
//! policies place the tasks, on what hints say; the bits of a result do not depend on it.

use super::problem::{NONE, Problem};
use nums_ir::graph::{Arg, BlockId, Graph, GraphArray, Piece, Reading, Task, TaskOp};
use nums_ir::grid::Grid;
use std::collections::HashMap;

/// The graph with its regions cut out on the side of their blocks, or `None` if there is none to cut.
pub(super) fn split(problem: &Problem<'_>) -> Option<Graph> {
    let graph = problem.graph;
    let makers = problem.makers();
    let side = |block: BlockId| match problem.homes[block.0 as usize] {
        NONE => makers.get(block.0 as usize).filter(|t| **t != NONE).map_or(NONE, |t| problem.hints[*t as usize]),
        home => home,
    };
    let cuts = |t: usize, task: &Task, piece: &Piece| -> Option<BlockId> {
        let Some(Arg::Block(block)) = task.args.get(piece.arg as usize) else { return None };
        let array = graph.array(graph.array_of(*block));
        let whole: usize = array.grid.block_shape_at((block.0 - array.first.0) as usize).iter().product();
        let part: usize = piece.shape.iter().product();
        let apart = side(*block) != NONE && problem.hints[t] != NONE && side(*block) != problem.hints[t];
        (apart && 0 < part && part < whole).then_some(*block)
    };
    let any = |(t, task): (usize, &Task)| pieces(&task.op).any(|p| cuts(t, task, p).is_some());
    if !graph.tasks.iter().enumerate().any(any) {
        return None;
    }
    let mut out = Graph { tasks: Vec::with_capacity(graph.tasks.len()), ..graph.clone() };
    for (t, task) in graph.tasks.iter().enumerate() {
        let cut: Vec<Option<BlockId>> = pieces(&task.op).map(|p| cuts(t, task, p)).collect();
        let mut task = task.clone();
        if cut.iter().any(Option::is_some) {
            cut_out(&mut out, &mut task, &cut);
        }
        out.tasks.push(task);
    }
    Some(out)
}

/// Cuts out what pieces of a task take from these blocks: what they span together where that is no more than what they take, else each
/// by itself.
fn cut_out(out: &mut Graph, task: &mut Task, cut: &[Option<BlockId>]) {
    let regions: Vec<Piece> = pieces(&task.op).zip(cut).filter(|(_, cut)| cut.is_some()).map(|(p, _)| p.clone()).collect();
    let blocks: Vec<BlockId> = cut.iter().flatten().copied().collect();
    let mut spans: HashMap<BlockId, (u32, Vec<usize>)> = HashMap::new();
    let mut args = task.args.clone();
    for block in &blocks {
        let own: Vec<&Piece> = regions.iter().zip(&blocks).filter(|(_, b)| *b == block).map(|(p, _)| p).collect();
        let span = span(&own);
        let taken: usize = own.iter().map(|p| p.shape.iter().product::<usize>()).sum();
        if own.len() > 1 && !spans.contains_key(block) && span.shape.iter().product::<usize>() <= taken {
            spans.insert(*block, (args.len() as u32, span.src.clone()));
            args.push(Arg::Block(cut_one(out, *block, &span, task)));
        }
    }
    let mut regions = regions.into_iter();
    let made: Vec<Option<Piece>> = cut
        .iter()
        .map(|block| {
            let (block, piece) = ((*block)?, regions.next()?);
            if let Some((arg, low)) = spans.get(&block) {
                let src = piece.src.iter().zip(low).map(|(at, low)| at - low).collect();
                return Some(Piece { arg: *arg, src, ..piece });
            }
            let n = piece.shape.len();
            args.push(Arg::Block(cut_one(out, block, &piece, task)));
            let axes = (0..n as u32).map(Some).collect();
            Some(Piece { arg: args.len() as u32 - 1, src: vec![0; n], axes, step: vec![1; n], ..piece })
        })
        .collect();
    for (piece, made) in pieces_mut(&mut task.op).zip(made) {
        if let Some(made) = made {
            *piece = made;
        }
    }
    task.args = args;
    drop_unread(task);
}

/// The part of a block between the first and the last position that pieces take.
fn span(pieces: &[&Piece]) -> Piece {
    let mut low: Vec<usize> = pieces[0].src.clone();
    let mut high = low.clone();
    for piece in pieces {
        let mut ends: Vec<(usize, usize)> = piece.src.iter().map(|at| (*at, *at)).collect();
        for ((axis, n), step) in piece.axes.iter().zip(&piece.shape).zip(&piece.step) {
            if let Some((low, high)) = axis.and_then(|a| ends.get_mut(a as usize)) {
                let reach = step.unsigned_abs() as usize * (n - 1);
                if *step < 0 { *low -= reach } else { *high += reach }
            }
        }
        low.iter_mut().zip(&ends).for_each(|(low, end)| *low = (*low).min(end.0));
        high.iter_mut().zip(&ends).for_each(|(high, end)| *high = (*high).max(end.1));
    }
    let (n, shape) = (low.len(), low.iter().zip(&high).map(|(low, high)| high - low + 1).collect());
    Piece { arg: 0, src: low, dest: vec![0; n], shape, axes: (0..n as u32).map(Some).collect(), step: vec![1; n] }
}

/// Adds the task that cuts a region out of `block`, and the array of its own that it makes.
fn cut_one(out: &mut Graph, block: BlockId, piece: &Piece, task: &Task) -> BlockId {
    let from = out.array(out.array_of(block));
    let (name, dtype, loc) = (format!("{}.part", from.name), from.dtype, task.loc);
    let first = BlockId(out.n_blocks() as u32);
    out.arrays.push(GraphArray { name, dtype, grid: Grid::whole(&piece.shape), first, loc });
    let region = Piece { arg: 0, dest: vec![0; piece.shape.len()], ..piece.clone() };
    let op = TaskOp::Assemble { shape: piece.shape.clone(), pieces: vec![region] };
    out.tasks.push(Task { op, args: vec![Arg::Block(block)], outs: vec![first], loc });
    first
}

/// The pieces that a task takes.
fn pieces(op: &TaskOp) -> impl Iterator<Item = &Piece> {
    let (own, parts) = match op {
        TaskOp::Assemble { pieces, .. } => (&pieces[..], &[][..]),
        TaskOp::Sliced(task) => (&[][..], &task.operands[..]),
        _ => (&[][..], &[][..]),
    };
    own.iter().chain(parts.iter().flat_map(Reading::pieces))
}

fn pieces_mut(op: &mut TaskOp) -> impl Iterator<Item = &mut Piece> {
    let (own, parts) = match op {
        TaskOp::Assemble { pieces, .. } => (&mut pieces[..], &mut [][..]),
        TaskOp::Sliced(task) => (&mut [][..], &mut task.operands[..]),
        _ => (&mut [][..], &mut [][..]),
    };
    own.iter_mut().chain(parts.iter_mut().flat_map(|part| match part {
        Reading::Whole(_) => &mut [],
        Reading::Pieces(pieces) => &mut pieces[..],
    }))
}

/// Takes away operands that nothing is taken from any more.
fn drop_unread(task: &mut Task) {
    let mut read = vec![false; task.args.len()];
    pieces(&task.op).for_each(|p| read[p.arg as usize] = true);
    if let TaskOp::Sliced(op) = &mut task.op {
        for part in &op.operands {
            if let Reading::Whole(arg) = part {
                read[*arg as usize] = true;
            }
        }
    }
    let at: Vec<u32> = (0..read.len()).map(|i| read[..i].iter().filter(|read| **read).count() as u32).collect();
    pieces_mut(&mut task.op).for_each(|p| p.arg = at[p.arg as usize]);
    if let TaskOp::Sliced(op) = &mut task.op {
        for part in &mut op.operands {
            if let Reading::Whole(arg) = part {
                *arg = at[*arg as usize];
            }
        }
    }
    let mut read = read.into_iter();
    task.args.retain(|_| read.next().unwrap_or(true));
}
