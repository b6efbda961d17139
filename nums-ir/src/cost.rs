//! What a task costs: bytes in, bytes out, flops. Pure arithmetic on shapes, used by planners and shown by plans.
//!
//! Flops are those of `flops`, of blocks; joining what blocks have made counts besides. Of a kernel every task has its share: as much
//! of the kernel's flops as it has of its index space, or of the rows of a panel.

use crate::data::DataTask;
use crate::dim::Dim;
use crate::flops::{self, Flops};
use crate::func::Func;
use crate::graph::{Arg, BlockId, ContractTask, Graph, Piece, Reading, Task, TaskOp};
use crate::tile;

/// The cost of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes of the operand blocks; a block that is two operands is read once, and one that pieces are taken from as far as they span.
    pub bytes_in: u64,
    /// Bytes of the blocks that it makes.
    pub bytes_out: u64,
    /// Operations.
    pub flops: u64,
}

/// The cost of every task, by `TaskId`.
pub fn costs(graph: &Graph) -> Vec<Cost> {
    let sizes = Sizes::new(graph);
    graph.tasks.iter().map(|task| sizes.cost(task)).collect()
}

/// What the tasks of a graph are measured by.
struct Sizes<'a> {
    graph: &'a Graph,
    /// Elements of every block.
    elements: Vec<u64>,
    /// Bytes of every block.
    bytes: Vec<u64>,
    kernels: Vec<Kernel>,
}

/// What all tasks of a kernel share.
struct Kernel {
    /// Of all of them.
    flops: u64,
    /// Elements of the index space; rows of a panel.
    space: u64,
    part: Part,
}

/// How a task's part of the space is found.
enum Part {
    /// An operand or, counted on, a result has all of it.
    Block(usize),
    /// Rows along an axis of an operand: which, and along which.
    Rows(usize, usize),
    /// Nothing has all of it: `cuts`.
    Axes(Vec<(usize, Option<(usize, usize)>)>),
}

impl Kernel {
    fn new(body: &Func) -> Kernel {
        let flops = flops::total(body).count().unwrap_or(0);
        if let Some((p, axis)) = body.rows.first() {
            let rows = body.ty(*p).sizes().and_then(|s| s.get(*axis).copied()).unwrap_or(0);
            let at = body.params.iter().position(|own| own == p).unwrap_or(0);
            return Kernel { flops, space: rows as u64, part: Part::Rows(at, *axis) };
        }
        let space = tile::space(body);
        let size = space.iter().product::<usize>();
        let whole = |v| body.ty(v).sizes().is_some_and(|s| s.iter().product::<usize>() == size);
        let covers = body.params.iter().chain(&body.results).position(|v| whole(*v));
        let part = covers.map_or_else(|| Part::Axes(cuts(body, &space)), Part::Block);
        Kernel { flops, space: size as u64, part }
    }

    /// Flops of so much of the space.
    fn share(&self, part: u64) -> u64 {
        u64::try_from(u128::from(self.flops) * u128::from(part) / u128::from(self.space.max(1))).unwrap_or(u64::MAX)
    }
}

/// The length of every axis of a space, and the operand and axis by which it is cut.
fn cuts(body: &Func, space: &[usize]) -> Vec<(usize, Option<(usize, usize)>)> {
    let walks: Vec<Vec<Option<usize>>> = body.params.iter().map(|p| tile::walk(body, *p, space)).collect();
    let cut = |i: usize| walks.iter().enumerate().find_map(|(arg, walk)| Some((arg, walk[i]?)));
    space.iter().enumerate().map(|(i, n)| (*n, cut(i))).collect()
}

impl<'a> Sizes<'a> {
    fn new(graph: &'a Graph) -> Sizes<'a> {
        let elements = graph.block_elements();
        let mut bytes = elements.clone();
        for array in &graph.arrays {
            let first = array.first.0 as usize;
            bytes[first..first + array.grid.n_blocks()].iter_mut().for_each(|n| *n *= array.dtype.size() as u64);
        }
        Sizes { graph, elements, bytes, kernels: graph.kernels.iter().map(Kernel::new).collect() }
    }

    fn elements(&self, block: BlockId) -> u64 {
        self.elements[block.0 as usize]
    }

    fn shape(&self, block: BlockId) -> Vec<usize> {
        let array = self.graph.array(self.graph.array_of(block));
        array.grid.block_shape_at((block.0 - array.first.0) as usize)
    }

    fn cost(&self, task: &Task) -> Cost {
        let operands = || task.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None });
        let made = || task.outs.iter().map(|b| self.elements(*b)).sum::<u64>();
        let flops = match &task.op {
            TaskOp::Kernel(k) => self.kernel(task, &self.kernels[*k as usize]),
            TaskOp::Sliced(op) => self.kernels[op.kernel as usize].share(op.space.iter().product::<usize>() as u64),
            TaskOp::Combine(_) => made() * (task.args.len() as u64).saturating_sub(1),
            TaskOp::Matmul { trans_a, symmetric, .. } => {
                let shape = operands().next().map(|a| self.shape(a)).unwrap_or_default();
                let contracted = flops::contracted(&shape, *trans_a).map(|n| Dim::from(*n));
                let side = task.outs.first().filter(|_| *symmetric).and_then(|b| self.shape(*b).last().copied());
                number(&flops::product(&size(made()), side.map(Dim::from).as_ref(), contracted.as_ref(), *symmetric))
            }
            TaskOp::Contract(task) => contracted(task),
            TaskOp::Solve => operands().next().map_or(0, |a| {
                let columns = self.shape(a).last().map(|n| Dim::from(*n));
                number(&flops::solve(&size(self.elements(a)), columns.as_ref(), &size(made())))
            }),
            TaskOp::Arange { .. } => number(&flops::arange(&size(made()))),
            TaskOp::Data(op) => number(&self.data(op, task)),
            TaskOp::Assemble { .. } | TaskOp::Reshape(_) | TaskOp::Fill { .. } | TaskOp::Eye { .. } | TaskOp::Const { .. } => 0,
        };
        Cost {
            bytes_in: match pieces(&task.op) {
                None => self.read(operands().collect()),
                Some(pieces) => {
                    let bytes = |(b, n)| n * self.bytes[b as usize] / self.elements[b as usize].max(1);
                    spans(task, pieces, &self.elements).into_iter().map(bytes).sum()
                }
            },
            bytes_out: task.outs.iter().map(|b| self.bytes[b.0 as usize]).sum(),
            flops,
        }
    }

    /// Bytes of blocks, each once.
    fn read(&self, mut blocks: Vec<BlockId>) -> u64 {
        blocks.sort_unstable();
        blocks.dedup();
        blocks.iter().map(|b| self.bytes[b.0 as usize]).sum()
    }

    fn kernel(&self, task: &Task, kernel: &Kernel) -> u64 {
        let block = |arg: usize| if let Some(Arg::Block(b)) = task.args.get(arg) { Some(*b) } else { None };
        let along = |(arg, axis): (usize, usize)| block(arg).and_then(|b| self.shape(b).get(axis).copied());
        kernel.share(match &kernel.part {
            Part::Block(i) => {
                let found = i.checked_sub(task.args.len()).map_or_else(|| block(*i), |out| task.outs.get(out).copied());
                found.map_or(1, |b| self.elements(b))
            }
            Part::Rows(arg, axis) => along((*arg, *axis)).unwrap_or(0) as u64,
            Part::Axes(axes) => axes.iter().map(|(n, cut)| cut.and_then(along).unwrap_or(*n) as u64).product(),
        })
    }

    fn data(&self, op: &DataTask, task: &Task) -> Flops {
        let blocks: Vec<BlockId> = task.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None }).collect();
        let read = |b: Option<&BlockId>| size(b.map_or(0, |b| self.elements(*b)));
        let made = || size(task.outs.iter().map(|b| self.elements(*b)).sum());
        let along = |axis: usize| blocks.first().and_then(|b| self.shape(*b).get(axis).copied()).unwrap_or(0).into();
        match op {
            DataTask::Take { .. } => Flops::NONE,
            DataTask::Put { add, sizes, .. } => {
                let values = blocks.get(1..).unwrap_or(&[]).chunks(1 + sizes.len());
                let each = |blocks: &[BlockId]| flops::put(&blocks.iter().map(|b| read(Some(b))).collect::<Vec<_>>(), *add);
                values.map(each).fold(Flops::NONE, |sum, flops| sum.plus(flops))
            }
            DataTask::Sort { axis, .. } => flops::sort(read(blocks.first()), along(*axis)),
            DataTask::Search { .. } => flops::search(made(), read(blocks.first())),
            // What was found or summed before comes first.
            DataTask::Scan { .. } | DataTask::Total { .. } | DataTask::ArgBest { .. } | DataTask::Count {} => {
                flops::look(read(blocks.last()))
            }
            DataTask::Positions { .. } | DataTask::Check { .. } => flops::look(read(blocks.last())),
            DataTask::Merge { .. } | DataTask::ArgJoin { .. } | DataTask::TopJoin { .. } => flops::look(made()),
            DataTask::Split {} | DataTask::Exchange {} => flops::look(made()),
            DataTask::Tally { .. } | DataTask::Narrow {} => flops::look(read(blocks.first())),
            DataTask::Ranks { .. } | DataTask::Elements { .. } => Flops::NONE,
            DataTask::Top { .. } | DataTask::Select { .. } | DataTask::Partition { .. } => flops::select(&read(blocks.first())),
            DataTask::Qr { .. } => flops::reflect(&read(blocks.first()), &along(1)),
            DataTask::Orthogonal { columns, .. } => flops::reflect(&made(), &Dim::from(*columns)),
            DataTask::Random { .. } => flops::random(&made()),
        }
    }
}

/// The pieces that a task takes from its operands, if it does not read them as a whole.
fn pieces(op: &TaskOp) -> Option<impl Iterator<Item = &Piece>> {
    let (own, parts) = match op {
        TaskOp::Assemble { pieces, .. } => (&pieces[..], &[][..]),
        TaskOp::Sliced(op) => (&[][..], &op.operands[..]),
        _ => return None,
    };
    Some(own.iter().chain(parts.iter().flat_map(Reading::pieces)))
}

/// Blocks that a task reads, and how many elements of each: those between the first and the last position, on every axis, that pieces
/// of it are taken from.
fn spans<'p>(task: &Task, pieces: impl Iterator<Item = &'p Piece>, elements: &[u64]) -> Vec<(u32, u64)> {
    let mut spans: Vec<Vec<(u64, u64)>> = vec![Vec::new(); task.args.len()];
    for piece in pieces {
        let mut span: Vec<(u64, u64)> = piece.src.iter().map(|at| (*at as u64, *at as u64)).collect();
        for ((axis, n), step) in piece.axes.iter().zip(&piece.shape).zip(&piece.step) {
            if let Some((low, high)) = axis.and_then(|a| span.get_mut(a as usize)) {
                let reach = step.unsigned_abs().saturating_mul(n.saturating_sub(1) as u64);
                if *step < 0 { *low = low.saturating_sub(reach) } else { *high = high.saturating_add(reach) }
            }
        }
        match spans.get_mut(piece.arg as usize) {
            Some(all) if all.is_empty() => *all = span,
            Some(all) => all.iter_mut().zip(span).for_each(|(a, b)| *a = (a.0.min(b.0), a.1.max(b.1))),
            None => {}
        }
    }
    let read = |(arg, span): (&Arg, &Vec<(u64, u64)>)| {
        let Arg::Block(b) = arg else { return None };
        let all = elements[b.0 as usize];
        let taken = || span.iter().fold(1u64, |n, (low, high)| n.saturating_mul((high - low).saturating_add(1)));
        Some((b.0, if span.is_empty() { all } else { taken().min(all) }))
    };
    task.args.iter().zip(&spans).filter_map(read).collect()
}

fn size(n: u64) -> Dim {
    Dim::Const(i64::try_from(n).unwrap_or(i64::MAX))
}

fn number(flops: &Flops) -> u64 {
    flops.count().unwrap_or(0)
}

fn contracted(task: &ContractTask) -> u64 {
    let shapes: Vec<&[usize]> = task.windows.iter().map(|w| &w.shape[..]).collect();
    let (Some(sizes), Some(steps)) = (task.spec.sizes(&shapes), task.spec.steps(&task.order)) else { return 0 };
    number(&flops::contraction(&steps, &|i| Dim::from(sizes[i])))
}
