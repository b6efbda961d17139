//! Layouts for the operands of an expression: on which node grids its arrays had best lie.
//!
//! An array that exists has homes, and a call takes it where it is. For arrays that are still to be made, or that are worth
//! moving once, `layouts` descends coordinate by coordinate: the largest array first, each tries every node grid that has no more nodes
//! along an axis than blocks, packed and cyclic, while the others stay; the layout with the least score is kept. Score is the
//! least that a few policies reach. The budget counts tasks placed, never time.

use super::problem::Problem;
use super::{ClusterSpec, Layout, Policy, Simulation, grids, layout, lshs, policies, sound};
use crate::error::Result;
use nums_ir::graph::{ArrayId, Graph, NodeId};
use std::cmp::Reverse;

/// Policies that say what a layout is worth: one for each kind of plan.
const JUDGES: [Policy; 4] = [lshs::place, policies::owner_computes, policies::data_parallel, grids::flat];
/// Tasks that are placed for one answer, at most.
const BUDGET: usize = 1 << 20;
/// How often every array has its turn.
const TURNS: usize = 2;

/// A layout for every input of `graph`, in order; results lie where they do by default.
///
/// # Errors
/// As `place`, but for memory: whether a plan fits is known when it is made.
pub fn layouts(graph: &Graph, spec: &ClusterSpec) -> Result<Vec<Layout>> {
    sound::spec(spec)?;
    sound::blocks(graph, spec)?;
    let n = spec.nodes.len();
    let array = |i: usize| graph.array(graph.inputs[i]);
    let mut chosen: Vec<Layout> = (0..graph.inputs.len()).map(|i| Layout::default_for(&array(i).grid, n)).collect();
    if n == 1 {
        return Ok(chosen);
    }
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|i| (Reverse(array(*i).grid.shape().iter().product::<usize>()), *i));
    let mut left = BUDGET / (JUDGES.len() * graph.tasks.len().max(1));
    let mut homes = super::all_homes(graph, n, &[]);
    chosen.iter().zip(&graph.inputs).for_each(|(layout, id)| put(graph, *id, layout, &mut homes));
    let mut best = worth(graph, spec, &homes);
    for _ in 0..TURNS {
        let before = best;
        for &i in &order {
            let id = graph.inputs[i];
            for candidate in candidates(graph, id, n) {
                if left == 0 {
                    return Ok(chosen);
                }
                left -= 1;
                put(graph, id, &candidate, &mut homes);
                let found = worth(graph, spec, &homes);
                if found < best {
                    (best, chosen[i]) = (found, candidate);
                }
            }
            put(graph, id, &chosen[i], &mut homes);
        }
        if best == before {
            break;
        }
    }
    Ok(chosen)
}

/// Writes the homes of one array's blocks.
fn put(graph: &Graph, id: ArrayId, layout: &Layout, homes: &mut [NodeId]) {
    let array = graph.array(id);
    let first = array.first.0 as usize;
    homes[first..first + array.grid.n_blocks()].copy_from_slice(&layout.homes(&array.grid));
}

/// Layouts of an array that use every node, and runs.
fn candidates(graph: &Graph, id: ArrayId, n_nodes: usize) -> Vec<Layout> {
    let dims = graph.array(id).grid.dims();
    let fits = |grid: &Vec<usize>| grid.iter().zip(&dims).all(|(n, d)| n <= d);
    let grids = layout::factorizations(n_nodes, dims.len()).into_iter().filter(fits);
    let mut out: Vec<Layout> = grids.flat_map(|g| [Layout::Packed(g.clone()), Layout::Cyclic(g)]).collect();
    if out.is_empty() {
        out.push(Layout::Runs(n_nodes));
    }
    out
}

/// The least score by the policies that judge: what fits into memory first.
fn worth(graph: &Graph, spec: &ClusterSpec, homes: &[NodeId]) -> (u8, (u64, u64)) {
    let problem = Problem::new(graph, spec, homes);
    let judged = JUDGES.iter().map(|policy| {
        let simulation = Simulation::of(&problem, *policy);
        (simulation.misfit(), simulation.plan_score())
    });
    judged.min().unwrap_or_default()
}
