//! Blocks that are cut anew go from node to node in parts: `split` lets a node send the region that another one takes.
//!
//! An `assemble` task takes regions of blocks. Where such a block lies on another node than the task is led to, and the region is less
//! than the block, a task on the block's side cuts the region out first, and only that moves: a change of layout is then an
//! all-to-all in which each element moves once and no node holds a whole block more than it makes. On one node nothing is cut. It runs before
//! policies place the tasks, on what hints say; the bits of a result do not depend on it.

use super::problem::{NONE, Problem};
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, Piece, Task, TaskOp};
use nums_ir::grid::Grid;

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
    let assembles = |task: &Task| if let TaskOp::Assemble { pieces, .. } = &task.op { pieces.clone() } else { vec![] };
    let any = graph.tasks.iter().enumerate().any(|(t, task)| assembles(task).iter().any(|p| cuts(t, task, p).is_some()));
    if !any {
        return None;
    }
    let mut out = Graph { tasks: Vec::with_capacity(graph.tasks.len()), ..graph.clone() };
    for (t, task) in graph.tasks.iter().enumerate() {
        let mut task = task.clone();
        let original = task.clone();
        if let TaskOp::Assemble { pieces, .. } = &mut task.op {
            for piece in pieces.iter_mut() {
                if let Some(block) = cuts(t, &original, piece) {
                    let region = cut(&mut out, graph.array_of(block), block, piece, &original);
                    let n = piece.shape.len();
                    *piece = Piece {
                        arg: task.args.len() as u32,
                        src: vec![0; n],
                        axes: (0..n as u32).map(Some).collect(),
                        step: vec![1; n],
                        ..piece.clone()
                    };
                    task.args.push(Arg::Block(region));
                }
            }
            drop_unread(pieces, &mut task.args);
        }
        out.tasks.push(task);
    }
    Some(out)
}

/// Adds the task that cuts a region out of `block`, and the array of its own that it makes.
fn cut(out: &mut Graph, array: ArrayId, block: BlockId, piece: &Piece, task: &Task) -> BlockId {
    let from = out.array(array);
    let (name, dtype, loc) = (format!("{}.part", from.name), from.dtype, task.loc);
    let first = BlockId(out.n_blocks() as u32);
    out.arrays.push(GraphArray { name, dtype, grid: Grid::whole(&piece.shape), first, loc });
    let region = Piece { arg: 0, dest: vec![0; piece.shape.len()], ..piece.clone() };
    let op = TaskOp::Assemble { shape: piece.shape.clone(), pieces: vec![region] };
    out.tasks.push(Task { op, args: vec![Arg::Block(block)], outs: vec![first], loc });
    first
}

/// Takes away operands that no piece takes from any more.
fn drop_unread(pieces: &mut [Piece], args: &mut Vec<Arg>) {
    let mut at = Vec::with_capacity(args.len());
    let mut kept = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        at.push(kept.len() as u32);
        if pieces.iter().any(|p| p.arg as usize == i) {
            kept.push(*arg);
        }
    }
    if kept.is_empty() {
        return;
    }
    pieces.iter_mut().for_each(|p| p.arg = at[p.arg as usize]);
    *args = kept;
}
