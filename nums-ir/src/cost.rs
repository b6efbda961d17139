//! What a task costs: bytes in, bytes out, flops. Pure arithmetic on shapes, used by planners and shown by plans.
//!
//! A flop is one arithmetic operation on one element; a transcendental counts as `TRANSCENDENTAL`, comparisons, selections and
//! casts as 1, and moving data as 0. Complex operations count as their real ones would.

use crate::contraction::{self, Step};
use crate::data::{DataOp, DataTask};
use crate::func::{Func, Inst, Op, Value};
use crate::graph::{Arg, BlockId, ContractTask, Graph, Task, TaskOp};
use crate::ops::{DTypeRule, MapOp};
use std::collections::HashMap;

/// Flops of one exp, log, sin, …: about what a polynomial of its accuracy takes.
pub const TRANSCENDENTAL: u64 = 16;

/// The cost of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes of the operand blocks.
    pub bytes_in: u64,
    /// Bytes of the blocks that it makes.
    pub bytes_out: u64,
    /// Operations.
    pub flops: u64,
}

/// The cost of every task, by `TaskId`.
pub fn costs(graph: &Graph) -> Vec<Cost> {
    let sizes = Sizes::new(graph);
    let mut rows = HashMap::new();
    graph.tasks.iter().map(|task| sizes.cost(task, &mut rows)).collect()
}

/// What the tasks of a graph are measured by.
struct Sizes<'a> {
    graph: &'a Graph,
    /// Elements of every block.
    elements: Vec<u64>,
    /// Bytes of every block.
    bytes: Vec<u64>,
    /// Flops an element of every kernel.
    kernels: Vec<u64>,
}

impl<'a> Sizes<'a> {
    fn new(graph: &'a Graph) -> Sizes<'a> {
        let elements = graph.block_elements();
        let mut bytes = elements.clone();
        for array in &graph.arrays {
            let first = array.first.0 as usize;
            bytes[first..first + array.grid.n_blocks()].iter_mut().for_each(|n| *n *= array.dtype.size() as u64);
        }
        Sizes { graph, elements, bytes, kernels: graph.kernels.iter().map(per_element).collect() }
    }

    fn elements(&self, block: BlockId) -> u64 {
        self.elements[block.0 as usize]
    }

    /// Elements of the last axis of a block.
    fn columns(&self, block: BlockId) -> u64 {
        let array = self.graph.array(self.graph.array_of(block));
        array.grid.block_shape_at((block.0 - array.first.0) as usize).last().copied().unwrap_or(1) as u64
    }

    /// `rows` remembers flops of panels, by kernel and rows.
    fn cost(&self, task: &Task, rows: &mut HashMap<(u32, u64), u64>) -> Cost {
        let operands = || task.args.iter().filter_map(|a| if let Arg::Block(b) = a { Some(*b) } else { None });
        let made: u64 = task.outs.iter().map(|b| self.elements(*b)).sum();
        let read = || operands().map(|b| self.elements(b)).sum::<u64>();
        let flops = match &task.op {
            TaskOp::Kernel(k) if !self.graph.kernels[*k as usize].rows.is_empty() => {
                let n = self.rows_of(task, *k);
                *rows.entry((*k, n)).or_insert_with(|| {
                    let body = &self.graph.kernels[*k as usize];
                    body.insts.iter().map(|inst| row_flops(body, inst, n)).sum()
                })
            }
            TaskOp::Kernel(k) => {
                let space = operands().chain(task.outs.iter().copied()).map(|b| self.elements(b)).max().unwrap_or(1);
                self.kernels[*k as usize] * space
            }
            TaskOp::Combine(_) => made * (task.args.len() as u64).saturating_sub(1),
            TaskOp::Matmul { symmetric, .. } => {
                // m·k·n = sqrt(m·k · k·n · m·n), two operations a term.
                let terms: f64 = operands().map(|b| self.elements(b) as f64).product();
                let product = (terms * made.max(1) as f64).sqrt();
                // The lower triangle with its diagonal: (n² + n) / 2 of n² elements.
                let side = (made as f64).sqrt();
                (if *symmetric { product * (side + 1.0) / side.max(1.0) } else { 2.0 * product }) as u64
            }
            TaskOp::Contract(task) => contract_flops(task),
            TaskOp::Solve => operands().next().map_or(0, |a| {
                let n = (self.elements(a) as f64).sqrt();
                (2.0 / 3.0 * n * n * n) as u64
            }),
            TaskOp::Arange { len, .. } => 2 * *len as u64,
            TaskOp::Data(task) => match task {
                // A comparison for every halving.
                DataTask::Sort { .. } => read() * u64::from(read().max(2).ilog2()),
                DataTask::Search { .. } => made * u64::from(read().max(2).ilog2()),
                // 2 m n² for the reflections, as much for Q.
                DataTask::Qr { .. } => operands().next().map_or(0, |x| 2 * self.elements(x) * self.columns(x)),
                DataTask::Orthogonal { columns, .. } => 2 * made * *columns as u64,
                DataTask::Random { .. } => made * TRANSCENDENTAL,
                DataTask::Scan { .. } | DataTask::Total { .. } | DataTask::ArgBest { .. } | DataTask::ArgJoin { .. } => read(),
                // A selection of what is kept, which is then sorted: each element is looked at about three times.
                DataTask::Top { .. } => 3 * read(),
                DataTask::Take { .. } | DataTask::Put { .. } | DataTask::Merge { .. } | DataTask::TopJoin { .. } => read() + made,
                DataTask::Count {} | DataTask::Positions { .. } | DataTask::Check { .. } => read(),
            },
            TaskOp::Assemble { .. } | TaskOp::Reshape(_) | TaskOp::Fill { .. } | TaskOp::Eye { .. } | TaskOp::Const { .. } => 0,
        };
        Cost {
            bytes_in: operands().map(|b| self.bytes[b.0 as usize]).sum(),
            bytes_out: task.outs.iter().map(|b| self.bytes[b.0 as usize]).sum(),
            flops,
        }
    }

    /// Rows of a panel's task: the first row operand says which part of the rows the block has.
    fn rows_of(&self, task: &Task, kernel: u32) -> u64 {
        let body = &self.graph.kernels[kernel as usize];
        let row = body.params.iter().position(|p| body.rows.contains(p)).unwrap_or(0);
        match task.args.get(row) {
            Some(Arg::Block(b)) => {
                let array = self.graph.array(self.graph.array_of(*b));
                array.grid.block_shape_at((b.0 - array.first.0) as usize).first().copied().unwrap_or(0) as u64
            }
            Some(Arg::Scalar(_)) | None => 0,
        }
    }
}

/// A product and a sum a term of every step; only a product where nothing is summed.
fn contract_flops(task: &ContractTask) -> u64 {
    let shapes: Vec<&[usize]> = task.windows.iter().map(|w| &w.shape[..]).collect();
    let (Some(sizes), Some(steps)) = (task.spec.sizes(&shapes), task.spec.steps(&task.order)) else { return 0 };
    let flops = |step: &Step| {
        let all = contraction::union(step.operands.iter().flatten());
        let terms: u64 = all.iter().map(|i| sizes[i] as u64).product();
        if all.len() > step.result.len() { 2 * terms } else { terms }
    };
    steps.iter().map(flops).sum()
}

/// Flops of a panel's instruction for so many rows.
fn row_flops(body: &Func, inst: &Inst, rows: u64) -> u64 {
    let elements = |v: &Value| body.ty(*v).sizes().map_or(0, |s| s.iter().product::<usize>() as u64);
    // Elements of a row.
    let wide = |v: &Value| body.ty(*v).sizes().map_or(1, |s| s.iter().skip(1).product::<usize>() as u64);
    match (&inst.op, &inst.args[..], &inst.results[..]) {
        (Op::Matmul { symmetric: true, .. }, [a, _], _) => rows * wide(a) * (wide(a) + 1),
        // Contracted over the rows: every element of one row meets every one of the other.
        (Op::Matmul { .. }, [a, b], [r]) if elements(r) == wide(a) * wide(b) => 2 * rows * wide(a) * wide(b),
        (Op::Matmul { .. }, [_, b], _) => 2 * rows * elements(b),
        (Op::Data(DataOp::ArgBest { .. }), [x], _) => rows * wide(x),
        (Op::Kernel(inner), args, results) => per_element(inner) * rows * args.iter().chain(results).map(wide).max().unwrap_or(1),
        _ => 0,
    }
}

/// Flops of a kernel's body for one element of its index space.
pub(crate) fn per_element(body: &Func) -> u64 {
    body.insts
        .iter()
        .map(|inst| match &inst.op {
            Op::Map(MapOp::Power) => TRANSCENDENTAL,
            Op::Map(MapOp::Sqrt | MapOp::Rint | MapOp::Copysign | MapOp::Deg2rad | MapOp::Rad2deg) => 1,
            Op::Map(MapOp::Positive) => 0,
            Op::Map(op) if op.rule() == DTypeRule::Float => TRANSCENDENTAL,
            Op::Map(_) => 1,
            Op::Cast(_) | Op::Reduce { .. } => 1,
            Op::Const(_)
            | Op::Dim(_)
            | Op::ShapeOf { .. }
            | Op::Matmul { .. }
            | Op::Contract(_)
            | Op::Transpose { .. }
            | Op::Reshape { .. }
            | Op::Index { .. }
            | Op::Concatenate { .. }
            | Op::Fill { .. }
            | Op::Arange { .. }
            | Op::Eye { .. }
            | Op::Solve
            | Op::Data(_)
            | Op::Call(_)
            | Op::Item
            | Op::Choose
            | Op::Kernel(_) => 0,
        })
        .sum()
}
