//! A lower bound on the bytes that any plan moves, by minimum cuts.
//!
//! What results at other homes need of a node's data must leave the node as some block: at least the least set of blocks that
//! lies on every way from its inputs to those results (a minimum vertex cut, as a maximum flow). A node's results need at
//! least such a cut of what others have. Sums over nodes of either kind are bounds; the larger is taken. A reduction whose order is
//! free can send the sum of any of its leaves, so it counts as one block. The bound is for plans that put results at their
//! homes; it is attainable if a plan is known that attains it.

use super::ClusterSpec;
use super::problem::{NONE, Problem};
use nums_ir::graph::{BlockId, Graph, NodeId, TaskId};
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{DiGraph, NodeIndex};

/// Tasks up to which the cuts are computed.
const TASKS: usize = 4096;

/// Bytes that every plan moves at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Bytes.
    pub bytes: u64,
    /// Whether the plan that was asked moves no more.
    pub attained: bool,
}

/// The bound for a graph whose inputs and results have these homes (by `BlockId`); `None` for graphs of more than 4096 tasks.
/// `moved` is what a plan moves.
pub fn bound(graph: &Graph, spec: &ClusterSpec, homes: &[NodeId], moved: u64) -> Option<Bound> {
    if spec.nodes.len() == 1 || moved == 0 {
        return Some(Bound { bytes: 0, attained: moved == 0 });
    }
    if graph.tasks.len() > TASKS {
        return None;
    }
    let spec = ClusterSpec { score: super::Score::Net, ..spec.clone() };
    let problem = Problem::new(graph, &spec, homes);
    let (mut out, mut into) = (0, 0);
    for node in 0..spec.nodes.len() as u32 {
        out += cut(&problem, &|home| home == node, &|home| home != node);
        into += cut(&problem, &|home| home != node, &|home| home == node);
    }
    let bytes = out.max(into);
    Some(Bound { bytes, attained: moved == bytes })
}

/// The least bytes of blocks on all ways from inputs at some homes to results at others.
fn cut(problem: &Problem<'_>, from: &dyn Fn(u32) -> bool, to: &dyn Fn(u32) -> bool) -> u64 {
    const ALL: u64 = u64::MAX / 4;
    let graph = problem.graph;
    let mut network: DiGraph<(), u64> = DiGraph::new();
    let (source, sink) = (network.add_node(()), network.add_node(()));
    let n_blocks = problem.n_blocks();
    let makers = problem.makers();
    // A task that makes blocks of several results is at the home of one.
    let there = |b: usize| {
        let home = makers.get(b).filter(|t| **t != NONE).and_then(|t| problem.home(TaskId(*t)));
        b >= problem.n_inputs && home.is_some_and(|n| to(n.0))
    };
    // A block is an edge between two vertices: what it takes to move it. What makes a result runs at its home, so a result at
    // the other side is no way there.
    let mut block = |size: u64| {
        let (a, b) = (network.add_node(()), network.add_node(()));
        network.add_edge(a, b, size);
        (a, b)
    };
    let ends: Vec<(NodeIndex, NodeIndex)> =
        (0..n_blocks).map(|b| block(if there(b) { ALL } else { problem.size(BlockId(b as u32)) })).collect();
    let trees: Vec<Option<(NodeIndex, NodeIndex)>> = problem
        .trees
        .iter()
        .map(|t| problem.free[t.root() as usize].then(|| block(problem.size(BlockId(t.leaves[0])))))
        .collect();
    for (b, ((enter, leave), home)) in ends.iter().zip(&problem.homes).enumerate() {
        if b < problem.n_inputs && from(*home) {
            network.add_edge(source, *enter, ALL);
        }
        if there(b) {
            network.add_edge(*leave, sink, ALL);
        }
    }
    for (t, task) in graph.tasks.iter().enumerate().filter(|(t, _)| !problem.free[*t]) {
        for operand in problem.operands(TaskId(t as u32)) {
            for out in &task.outs {
                network.add_edge(ends[operand.0 as usize].1, ends[out.0 as usize].0, ALL);
            }
        }
    }
    for (tree, ends_of) in problem.trees.iter().zip(&trees) {
        let Some((a, b)) = ends_of else { continue };
        for leaf in &tree.leaves {
            network.add_edge(ends[*leaf as usize].1, *a, ALL);
        }
        let root = graph.tasks[tree.root() as usize].outs[0];
        network.add_edge(*b, ends[root.0 as usize].0, ALL);
    }
    ford_fulkerson(&network, source, sink).0
}
