//! The portfolio against the optimum, found by trying every placement of small graphs.
//!
//! A fixed generator makes graphs of 3 to 8 tasks over blocks of different sizes on four nodes; those where owner-computes is
//! optimal say nothing and are left out. The search keeps the order of the tasks and the rule of who sends a copy; a policy that
//! orders otherwise (`lshs-reference`) can be a little below it. The test prints how far the portfolio is from the optimum.

use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, GraphOutput, NodeId, Task, TaskId, TaskOp};
use nums_ir::grid::Grid;
use nums_runtime::place::{ClusterSpec, Problem, Simulation, place_at};

const NODES: usize = 4;
const GRAPHS: usize = 1000;

/// SplitMix64 (Steele et al. 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// Arrays of one block each: inputs, then one a task; the last task's is the result, and any other that nothing reads.
fn graph(random: &mut Random) -> (Graph, Vec<NodeId>) {
    let (n_inputs, n_tasks) = (2 + random.below(4), 3 + random.below(6));
    let array = |i: usize, random: &mut Random| {
        // Wide enough that a product weighs about as much as a copy.
        let size = 1 << random.below(8);
        let (grid, first) = (Grid::whole(&[size, 512]), BlockId(i as u32));
        GraphArray { name: format!("a{i}"), dtype: DType::F64, grid, first, loc: Loc::default() }
    };
    let arrays: Vec<GraphArray> = (0..n_inputs + n_tasks).map(|i| array(i, random)).collect();
    let mut read = vec![false; arrays.len()];
    let tasks: Vec<Task> = (0..n_tasks)
        .map(|t| {
            let n = 1 + random.below(2);
            let args: Vec<Arg> = (0..n)
                .map(|_| {
                    let b = random.below(n_inputs + t);
                    read[b] = true;
                    Arg::Block(BlockId(b as u32))
                })
                .collect();
            let op = match n {
                1 => TaskOp::Assemble { shape: arrays[n_inputs + t].grid.shape().to_vec(), pieces: vec![] },
                _ => TaskOp::Matmul { trans_a: false, trans_b: true, symmetric: false },
            };
            Task { op, args, outs: vec![BlockId((n_inputs + t) as u32)], loc: Loc::default() }
        })
        .collect();
    let ends = (n_inputs..arrays.len()).filter(|i| !read[*i]);
    let outputs = ends.map(|i| GraphOutput { array: ArrayId(i as u32), weak: false }).collect();
    let homes = arrays.iter().map(|_| NodeId(random.below(NODES) as u32)).collect();
    let inputs = (0..n_inputs as u32).map(ArrayId).collect();
    let (name, kernels, scalars, reads, notes) = ("small".to_owned(), vec![], vec![], vec![], vec![]);
    (Graph { name, kernels, arrays, inputs, reads, scalars, outputs, tasks, notes }, homes)
}

/// The least score of all placements with results at their homes.
fn optimum(problem: &Problem<'_>) -> u64 {
    let tasks: Vec<TaskId> = (0..problem.graph.tasks.len() as u32).map(TaskId).collect();
    let free: Vec<TaskId> = tasks.iter().copied().filter(|t| problem.home(*t).is_none()).collect();
    let mut least = u64::MAX;
    for mut code in 0..NODES.pow(free.len() as u32) {
        let mut simulation = Simulation::new(problem);
        for task in &tasks {
            let node = problem.home(*task).unwrap_or_else(|| {
                let node = code % NODES;
                code /= NODES;
                NodeId(node as u32)
            });
            simulation.apply(*task, node);
            if simulation.score().0 >= least {
                break;
            }
        }
        least =
            least.min(simulation.plan_score().0.max(if tasks.iter().all(|t| simulation.is_placed(*t)) { 0 } else { u64::MAX }));
    }
    least
}

#[test]
fn the_portfolio_is_near_the_optimum_of_small_graphs() {
    let mut random = Random(2206_14276);
    let spec = ClusterSpec::uniform(NODES, 1);
    let mut ratios = Vec::new();
    while ratios.len() < GRAPHS {
        let (graph, homes) = graph(&mut random);
        let score = |policy| place_at(graph.clone(), &spec, &homes, policy).expect("it fits").score;
        let least = optimum(&Problem::new(&graph, &spec, &homes));
        if score(Some("owner-computes")) == least {
            continue;
        }
        let ratio = score(None) as f64 / least as f64;
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let (p95, worst) = (ratios[ratios.len() * 95 / 100], ratios[ratios.len() - 1]);
    let exact = ratios.iter().filter(|r| **r <= 1.0).count();
    println!("{GRAPHS} graphs: mean {mean:.4}, 95th percentile {p95:.4}, worst {worst:.4}, optimal {exact}");
    assert!(mean <= 1.1 && p95 <= 1.3 && worst <= 2.0, "mean {mean}, 95th percentile {p95}, worst {worst}");
}
