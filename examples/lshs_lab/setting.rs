//! From a case of the lab to a graph with homes, fused or operator by operator, in a layout and an order.
//!
//! What the call path does with a user's arrays, with the sizes, cuts and homes of the case in their place.

use super::cases::Case;
use nums::{ClusterSpec, LinkSpec, Order};
use nums_ir::bind::{Bound, typed};
use nums_ir::graph::{ArrayId, Graph, NodeId};
use nums_ir::grid::Grid;
use nums_ir::{pass, text, tile};
use nums_runtime::place::{Layout, layouts};

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A graph with homes, and how it was made.
pub(crate) struct Setting {
    pub(crate) graph: Graph,
    pub(crate) homes: Vec<NodeId>,
    pub(crate) order: Order,
    pub(crate) fused: bool,
    pub(crate) layout: &'static str,
}

/// The machines of the lab: nodes of one thread on a network that delivers a first byte in 5 µs. Its blocks are tiny, so what
/// messages and tasks cost beside their bytes decides whether a makespan is worth more nodes.
pub(crate) fn machines(nodes: usize) -> ClusterSpec {
    let spec = ClusterSpec::uniform(nodes, 1);
    ClusterSpec { link: LinkSpec { latency: 5_000, ..spec.link }, ..spec }
}

/// The graph of a case.
pub(crate) fn setting(case: &Case, nodes: usize, fused: bool, order: Order, layout: &'static str) -> Outcome<Setting> {
    let args: Vec<Bound> = case.arrays.iter().map(|a| Bound::Array(nums::DType::F64, a.shape.clone())).collect();
    let func = typed(&text::parse(&case.ir)?, &args).map_err(|d| d.to_string())?;
    let func = if fused || case.is_one_operator() { pass::run(func) } else { pass::run_apart(func) };
    let grids: Vec<Grid> = case.arrays.iter().map(|a| Grid::new(&a.shape, &a.block)).collect();
    let graph = tile::tile(&func, &grids).map_err(|d| d.to_string())?;
    let chosen = match layout {
        "chosen" => layouts(&graph, &ClusterSpec { order, ..machines(nodes) })?,
        _ => vec![],
    };
    let homes = homes(&graph, |id| match layout {
        "cyclic" => Layout::Cyclic(case.node_grid(nodes)),
        _ => {
            let like = graph.inputs.iter().position(|input| *input == id).and_then(|i| chosen.get(i));
            like.cloned().unwrap_or_else(|| Layout::default_for(&graph.array(id).grid, nodes))
        }
    });
    Ok(Setting { graph, homes, order, fused, layout })
}

/// Nodes of the blocks of inputs and results.
fn homes(graph: &Graph, layout: impl Fn(ArrayId) -> Layout) -> Vec<NodeId> {
    let mut all = vec![NodeId(0); graph.n_blocks()];
    for id in graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array)) {
        let array = graph.array(id);
        let first = array.first.0 as usize;
        all[first..first + array.grid.n_blocks()].copy_from_slice(&layout(id).homes(&array.grid));
    }
    all
}
