//! The portfolio on random programs, layouts and clusters, whose nodes, memories and connections differ.
//!
//! By whatever score is asked for it is never worse than any of its policies, and fits where one of them fits. What the simulation
//! counts is what a replay of the plan counts, and no plan moves less than the lower bound.

#[path = "../../nums-ir/tests/blocks/mod.rs"]
#[allow(dead_code, reason = "shared with tests that run programs")]
mod blocks;
#[path = "../../nums-ir/tests/random/mod.rs"]
#[allow(dead_code, reason = "shared with tests that run programs")]
mod random;

use nums_ir::bind::{Bound, bind, typed};
use nums_ir::dtype::DType;
use nums_ir::graph::{BlockId, Graph, NodeId};
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::verify::verify_graph;
use nums_ir::{pass, text, tile};
use nums_runtime::error::Error;
use nums_runtime::place::{ClusterSpec, LinkSpec, NodeSpec, Order, POLICIES, Placed, Score, bound, place_at};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

const SCORES: [Score; 3] = [Score::Makespan, Score::Reference, Score::Net];

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

/// Two to six nodes, no two alike.
fn cluster(random: &mut Random) -> ClusterSpec {
    let n = 2 + random.below(5);
    let link = |random: &mut Random| LinkSpec { bandwidth: 1 << (20 + random.below(14)), latency: 1 << random.below(18) };
    let node = |random: &mut Random| NodeSpec { threads: 1 + random.below(4), memory: 16 << 30 };
    let nodes = (0..n).map(|_| node(random)).collect();
    let links = (0..n as u32).filter(|i| i % 2 == 1).map(|i| (NodeId(i), link(random))).collect();
    let order = [Order::Reproducible, Order::Fastest][random.below(2)];
    ClusterSpec { nodes, link: link(random), links, order, ..ClusterSpec::uniform(1, 1) }
}

/// Homes of all blocks, each anywhere.
fn homes(graph: &Graph, spec: &ClusterSpec, random: &mut Random) -> Vec<NodeId> {
    (0..graph.n_blocks()).map(|_| NodeId(random.below(spec.nodes.len()) as u32)).collect()
}

fn moved(placed: &Placed) -> u64 {
    placed.placement.loads.iter().map(|l| l.net_in).sum()
}

/// Whether no node holds more than its memory.
fn fits(placed: &Placed, spec: &ClusterSpec) -> bool {
    placed.placement.loads.iter().zip(&spec.nodes).all(|(load, node)| load.mem <= node.memory)
}

/// The portfolio's plan against that of every policy.
fn hold(graph: &Graph, spec: &ClusterSpec, homes: &[NodeId]) -> Result<(), String> {
    let by = spec.score.name();
    let place = |policy| match place_at(graph.clone(), spec, homes, policy) {
        Ok(placed) => Ok(Some(placed)),
        Err(Error::OutOfMemory { .. }) => Ok(None),
        Err(other) => Err(other.to_string()),
    };
    let best = place(None)?;
    if place(None)? != best {
        return Err("a second plan is another one".into());
    }
    if let Some(best) = &best {
        verify_graph(&best.graph).map_err(|broken| broken.join("; "))?;
        checked(graph, spec, homes, best)?;
    }
    for (name, _) in POLICIES.iter().filter(|(p, _)| *p != "all-on-one" || spec.score != Score::Net) {
        let Some(alone) = place(Some(name))? else { continue };
        if spec.score != Score::Reference && moved(&alone) != alone.costs[0].moved {
            return Err(format!("{name} moves {} bytes and says {}", moved(&alone), alone.costs[0].moved));
        }
        checked(graph, spec, homes, &alone).map_err(|why| format!("{name}: {why}"))?;
        if !fits(&alone, spec) {
            continue;
        }
        let Some(best) = best.as_ref().filter(|best| fits(best, spec)) else {
            return Err(format!("{name} fits and the portfolio does not, by {by}"));
        };
        let listed = best.costs.iter().find(|c| c.policy == *name).map(|c| (c.score, c.moved));
        if best.score > alone.score || listed != Some((alone.costs[0].score, alone.costs[0].moved)) {
            return Err(format!("by {by}: {} of {} against {} of {name}", best.score, best.placement.policy, alone.score));
        }
    }
    Ok(())
}

/// Results are at home, and no less moves than must.
fn checked(graph: &Graph, spec: &ClusterSpec, homes: &[NodeId], placed: &Placed) -> Result<(), String> {
    let Placed { graph: made, placement, .. } = placed;
    // Blocks that are no longer made have left the graph that was placed: inputs and results are the same, in the same order.
    let mut all = vec![NodeId(0); made.n_blocks()];
    let outputs = |graph: &Graph| graph.outputs.iter().map(|o| o.array).collect::<Vec<_>>();
    let ends = |graph: &Graph| [graph.inputs.clone(), outputs(graph)].concat();
    for (before, now) in ends(graph).into_iter().zip(ends(made)) {
        let blocks = graph.array(before).blocks().zip(made.array(now).blocks());
        blocks.for_each(|(before, now)| all[now.0 as usize] = homes[before.0 as usize]);
    }
    let homes = all;
    for (task, node) in made.tasks.iter().zip(&placement.tasks) {
        let is_result = |b: &&BlockId| made.outputs.iter().any(|o| made.array_of(**b) == o.array);
        // A task that makes blocks of several results is at the home of one.
        let wanted: Vec<NodeId> = task.outs.iter().filter(is_result).map(|b| homes[b.0 as usize]).collect();
        if !wanted.is_empty() && !wanted.contains(node) {
            return Err(format!("a result is on n{}, not on {wanted:?}", node.0));
        }
    }
    // Cutting regions out makes smaller blocks than the graph's own, so the bound is that of the graph which was placed.
    match bound(made, spec, &homes, moved(placed)) {
        Some(least) if least.bytes > moved(placed) => Err(format!("{} bytes move, {} must", moved(placed), least.bytes)),
        Some(_) | None => Ok(()),
    }
}

/// By every score, with memory enough for all, then with what a half of the plan needs.
fn check(graph: &Graph, random: &mut Random) -> Result<(), String> {
    let spec = cluster(random);
    let homes = homes(graph, &spec, random);
    for score in SCORES {
        let mut spec = ClusterSpec { score, ..spec.clone() };
        hold(graph, &spec, &homes)?;
        let placed = place_at(graph.clone(), &spec, &homes, None).map_err(|e| e.to_string())?;
        let scarce = random.below(spec.nodes.len());
        spec.nodes[scarce].memory = (placed.placement.loads[scarce].mem * 3 / 4).max(1);
        hold(graph, &spec, &homes)?;
    }
    Ok(())
}

fn run(seed: u64, cases: u32, one: impl Fn(&[u16]) -> Result<(), String>) {
    let config = ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), cases, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config)
        .run(&proptest::collection::vec(any::<u16>(), 20..100), |choices| one(&choices).map_err(TestCaseError::fail));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn seeded(choices: &[u16]) -> Random {
    Random(choices.iter().fold(0, |seed: u64, c| seed.wrapping_mul(31).wrapping_add(u64::from(*c))))
}

#[test]
fn never_worse_than_a_policy_on_random_programs() {
    run(5, 40, |choices| {
        let mut random = seeded(choices);
        let program = random::program(choices, false);
        let typed = infer(&program.func).expect("the program is well typed");
        let Ok(func) = bind(&pass::run(typed), &program.bound()) else { return Ok(()) };
        let cut = 1 + random.below(blocks::CUTS - 1);
        let grids: Vec<Grid> = program.arrays.iter().enumerate().map(|(at, x)| blocks::grid(x.shape(), at, cut)).collect();
        let Ok(graph) = tile::tile(&func, &grids) else { return Ok(()) };
        check(&graph, &mut random)
    });
}

/// Products and reductions of two axes, which random programs seldom have more than one of.
const PRODUCTS: &[&str] = &[
    "fn f(%A: f64[n, n], %B: f64[n, n]) {\n  %0 = matmul %A, %B\n  return %0\n}\n",
    "fn f(%A: f64[n, n], %B: f64[n, n]) {\n  %0 = transpose %A\n  %1 = matmul %0, %B\n  %2 = matmul %1, %A\n  return %2, %1\n}\n",
    "fn f(%A: f64[n, n], %B: f64[n, n]) {\n  %0 = add %A, %B\n  %1 = exp %0\n  %2 = sum %1, axes=[0]\n  %3 = matmul %A, %2\n  \
     return %3\n}\n",
    "fn f(%A: f64[n, n], %B: f64[n, n]) {\n  %0 = matmul %A, %A\n  %1 = matmul %0, %B\n  %2 = transpose %1\n  %3 = subtract %1, %2\n  \
     %4 = max %3, axes=all\n  return %3, %4\n}\n",
];

#[test]
fn never_worse_than_a_policy_on_products() {
    run(6, 20, |choices| {
        let mut random = seeded(choices);
        let program = text::parse(&format!("nums-ir 1\n; stage: parsed\n{}", PRODUCTS[random.below(PRODUCTS.len())]));
        let program = program.map_err(|e| e.to_string())?;
        let n = 4 + random.below(13);
        let args = [(); 2].map(|()| Bound::Array(DType::F64, vec![n, n]));
        let func = typed(&program, &args).map_err(|d| d.to_string())?;
        let func = if random.below(2) == 0 { pass::run(func) } else { pass::run_apart(func) };
        let grids = [(); 2].map(|()| Grid::new(&[n, n], &[3 + random.below(6), 3 + random.below(6)]));
        let graph = tile::tile(&func, &grids).map_err(|d| d.to_string())?;
        check(&graph, &mut random)
    });
}
