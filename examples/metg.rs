//! METG(50 %): the least task at which half of the machine computes, as Task Bench defines it (Slaughter et al. 2020).
//!
//! ```text
//! cargo run --release --example metg
//! ```
//!
//! Columns of tasks, step after step; a task of a step needs some of the step before: itself and its neighbours (`stencil`),
//! five columns on either side (`nearest`), all (`all-to-all`), or two of twice as many (`tree`, a reduction whose root feeds
//! the next leaves). The task is a chain of square roots over a block, whose length is halved until less than half of the time of all
//! threads is spent in it; what a task takes then, with all that is around it, is the METG. How fast an element is computed
//! is taken from tasks so large that nothing else counts.

use nums::Result;
use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Op, Scalar, Stage, Value};
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, GraphOutput, GraphScalar, NodeId, Placement, Task, TaskOp};
use nums_ir::grid::Grid;
use nums_ir::ops::MapOp;
use nums_ir::types::Type;
use nums_runtime::pool::{Call, Pool};
use std::sync::Arc;
use std::time::Instant;

/// Columns of a step.
const WIDTH: usize = 16;
/// Steps of a run.
const STEPS: usize = 60;
/// Square roots of an element.
const ROOTS: usize = 32;

/// The columns of the step before that a task needs.
type Needs = fn(usize) -> Vec<usize>;

/// A pattern without needs is the tree.
const PATTERNS: [(&str, Option<Needs>); 4] = [
    ("stencil", Some(|c| (c.saturating_sub(1)..=(c + 1).min(WIDTH - 1)).collect())),
    ("nearest", Some(|c| (c.saturating_sub(5)..=(c + 5).min(WIDTH - 1)).collect())),
    ("all-to-all", Some(|_| (0..WIDTH).collect())),
    ("tree", None),
];

/// A graph under construction.
struct Builder {
    graph: Graph,
    next: u32,
    len: usize,
    /// The kernel of so many operands.
    kernels: Vec<Option<u32>>,
    /// Where each task stands in its step, from 0 to 1.
    columns: Vec<f64>,
}

impl Builder {
    fn new(len: usize) -> Builder {
        let graph = Graph {
            reads: vec![],
            notes: vec![],
            name: "metg".to_owned(),
            kernels: vec![],
            arrays: vec![],
            inputs: vec![],
            scalars: vec![GraphScalar { name: "s".to_owned(), dtype: DType::F64 }],
            outputs: vec![],
            tasks: vec![],
        };
        Builder { graph, next: 0, len, kernels: vec![None; WIDTH + 1], columns: vec![] }
    }

    /// A step of so many tasks; each needs the blocks given for it.
    fn step(&mut self, needs: &[Vec<u32>]) -> Vec<u32> {
        let first = self.next;
        self.next += needs.len() as u32;
        self.graph.arrays.push(GraphArray {
            name: "a".to_owned(),
            dtype: DType::F64,
            grid: Grid::new(&[needs.len() * self.len], &[self.len]),
            first: BlockId(first),
            loc: Loc::default(),
        });
        let width = needs.len();
        for (column, needs) in needs.iter().enumerate() {
            let (op, args) = match needs.as_slice() {
                [] => (TaskOp::Fill { shape: vec![self.len], dtype: DType::F64 }, vec![Arg::Scalar(0)]),
                needs => (TaskOp::Kernel(self.kernel(needs.len())), needs.iter().map(|b| Arg::Block(BlockId(*b))).collect()),
            };
            self.columns.push(column as f64 / width as f64);
            self.graph.tasks.push(Task { op, args, outs: vec![BlockId(first + column as u32)], loc: Loc::default() });
        }
        (first..self.next).collect()
    }

    /// Adds its operands and takes roots.
    fn kernel(&mut self, operands: usize) -> u32 {
        if let Some(known) = self.kernels[operands] {
            return known;
        }
        let ty = Type::of(DType::F64, &[WIDTH * self.len]);
        let loc = Loc::default();
        let mut body = Func::new(format!("k{}", self.graph.kernels.len()));
        let args: Vec<Value> = (0..operands).map(|i| body.param(&format!("x{i}"), Some(ty.clone()), loc)).collect();
        let mut y = args[0];
        for x in &args[1..] {
            y = body.push_typed(Op::Map(MapOp::Add), &[y, *x], ty.clone(), loc);
        }
        for _ in 0..ROOTS {
            y = body.push_typed(Op::Map(MapOp::Sqrt), &[y], ty.clone(), loc);
        }
        body.results = vec![y];
        body.stage = Stage::Fused;
        self.graph.kernels.push(body);
        let id = self.graph.kernels.len() as u32 - 1;
        self.kernels[operands] = Some(id);
        id
    }
}

/// A graph, and where its tasks stand in their steps.
type Placed = (Graph, Vec<f64>);

fn steps(needs: Needs, len: usize) -> Placed {
    let mut b = Builder::new(len);
    let mut last = b.step(&vec![vec![]; WIDTH]);
    for _ in 0..STEPS {
        let now: Vec<Vec<u32>> = (0..WIDTH).map(|c| needs(c).into_iter().map(|n| last[n]).collect()).collect();
        last = b.step(&now);
    }
    finish(b)
}

fn tree(len: usize) -> Placed {
    let mut b = Builder::new(len);
    let mut root = b.step(&[vec![]])[0];
    for _ in 0..STEPS / 4 {
        let mut level = b.step(&vec![vec![root]; 2 * WIDTH]);
        while level.len() > 1 {
            level = b.step(&level.chunks(2).map(<[u32]>::to_vec).collect::<Vec<_>>());
        }
        root = level[0];
    }
    finish(b)
}

fn finish(mut b: Builder) -> Placed {
    b.graph.outputs = vec![GraphOutput { array: ArrayId(b.graph.arrays.len() as u32 - 1), weak: false }];
    (b.graph, b.columns)
}

/// Seconds of a run, the best of three, and its number of tasks.
fn run(pool: &Pool, nodes: usize, graph: Placed) -> Result<(f64, usize)> {
    let (graph, columns) = graph;
    let tasks = columns.iter().map(|c| NodeId((c * nodes as f64) as u32)).collect();
    let count = graph.tasks.len();
    let last = graph.array(graph.outputs[0].array).clone();
    let made = graph.n_blocks() as u64;
    let (graph, placement) =
        (Arc::new(graph), Arc::new(Placement { policy: String::new(), tasks, homes: vec![], loads: vec![], copies: vec![] }));
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let first = pool.reserve(made);
        let call = Call {
            name: "metg".to_owned(),
            number: first,
            file: String::new(),
            graph: Arc::clone(&graph),
            placement: Arc::clone(&placement),
            inputs: vec![],
            scalars: vec![Scalar::Float(2.0)],
            first,
        };
        let ids: Vec<u64> = last.blocks().map(|b| first + u64::from(b.0)).collect();
        let begin = Instant::now();
        pool.submit(call)?;
        pool.wait(&ids)?;
        best = best.min(begin.elapsed().as_secs_f64());
        pool.release(ids);
    }
    Ok((best, count))
}

fn main() -> Result<()> {
    println!("pattern      cluster     METG(50 %) µs   elements   efficiency");
    for nodes in [1, 2] {
        let (pool, name, threads) = match nodes {
            1 => (Pool::threads(2)?, "threads:2", 2.0),
            _ => (Pool::local(2, 1)?, "local:2", 2.0),
        };
        for (pattern, needs) in PATTERNS {
            let graph = |len| needs.map_or_else(|| tree(len), |needs| steps(needs, len));
            // Seconds of an element where nothing else counts.
            let large = 1 << 16;
            let (seconds, tasks) = run(&pool, nodes, graph(large))?;
            let element = seconds * threads / (tasks * large) as f64;
            let (mut before, mut len) = (1.0, large / 2);
            loop {
                let (seconds, tasks) = run(&pool, nodes, graph(len))?;
                let granularity = seconds * threads / tasks as f64;
                let efficiency = element * len as f64 / granularity;
                if efficiency < 0.5 || len == 1 {
                    println!(
                        "{pattern:<12} {name:<10} {:>14.1} {len:>10} {:>11.2} (before: {before:.2})",
                        granularity * 1e6,
                        efficiency
                    );
                    break;
                }
                (before, len) = (efficiency, len / 2);
            }
        }
        pool.finish()?;
    }
    Ok(())
}
