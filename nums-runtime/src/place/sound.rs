//! What can be planned at all: a spec with nodes that can hold and compute something, homes that are nodes, blocks that fit one.
//!
//! Everything behind this may divide by bandwidths and index by homes. Each refusal names what is wrong and where. Whether a
//! finished plan fits is `measure.rs`'s.

use super::ClusterSpec;
use crate::error::{Error, Result};
use nums_ir::graph::{BlockId, Graph, GraphArray, NodeId};

/// Nodes, their memory and threads, their connections.
pub(super) fn spec(spec: &ClusterSpec) -> Result<()> {
    let wrong = |name: String, value: String, expected| Err(Error::Setting { name, value, expected });
    let n = spec.nodes.len();
    if n == 0 || u32::try_from(n).is_err() {
        return wrong("nodes of a `ClusterSpec`".into(), n.to_string(), "at least 1");
    }
    for (i, node) in spec.nodes.iter().enumerate() {
        for (what, value) in [("memory", node.memory), ("threads", node.threads as u64)] {
            if value == 0 {
                return wrong(format!("{what} of node n{i}"), "0".into(), "at least 1");
            }
        }
    }
    if let Some((node, _)) = spec.links.iter().find(|(node, _)| node.0 as usize >= n) {
        return wrong("a link of a `ClusterSpec`".into(), format!("n{}", node.0), "that of one of its nodes");
    }
    if spec.link.bandwidth == 0 {
        return wrong("bandwidth of a `ClusterSpec`".into(), "0".into(), "at least 1");
    }
    match spec.links.iter().find(|(_, link)| link.bandwidth == 0) {
        Some((node, _)) => wrong(format!("bandwidth of node n{}", node.0), "0".into(), "at least 1"),
        None => Ok(()),
    }
}

/// A node for each block of an input.
pub(super) fn inputs(graph: &Graph, spec: &ClusterSpec, nodes: &[NodeId]) -> Result<()> {
    let n: usize = graph.inputs.iter().map(|a| graph.array(*a).grid.n_blocks()).sum();
    if nodes.len() != n {
        let expected = "a node for each block of the inputs";
        return Err(Error::Setting { name: format!("homes of `{}`", graph.name), value: nodes.len().to_string(), expected });
    }
    nodes.iter().enumerate().try_for_each(|(b, node)| home(graph, spec, BlockId(b as u32), *node))
}

/// A node for each block, of which those of inputs and results are looked at.
pub(super) fn homes(graph: &Graph, spec: &ClusterSpec, nodes: &[NodeId]) -> Result<()> {
    if nodes.len() < graph.n_blocks() {
        let expected = "a node for each block";
        return Err(Error::Setting { name: format!("homes of `{}`", graph.name), value: nodes.len().to_string(), expected });
    }
    let kept = graph.inputs.iter().copied().chain(graph.outputs.iter().map(|o| o.array));
    kept.flat_map(|a| graph.array(a).blocks()).try_for_each(|b| home(graph, spec, b, nodes[b.0 as usize]))
}

fn home(graph: &Graph, spec: &ClusterSpec, block: BlockId, node: NodeId) -> Result<()> {
    if (node.0 as usize) < spec.nodes.len() {
        return Ok(());
    }
    let name = format!("home of {}", name(graph, block));
    Err(Error::Setting { name, value: format!("n{}", node.0), expected: "a node of the cluster" })
}

/// No block is larger than every node.
pub(super) fn blocks(graph: &Graph, spec: &ClusterSpec) -> Result<()> {
    let largest = spec.nodes.iter().enumerate().max_by_key(|(i, n)| (n.memory, std::cmp::Reverse(*i)));
    let Some((node, memory)) = largest.map(|(i, n)| (i, n.memory)) else { return Ok(()) };
    let bytes = |array: &GraphArray| {
        let elements: usize = array.grid.block_shape_at(0).iter().product();
        (elements as u64).saturating_mul(array.dtype.size() as u64)
    };
    for array in &graph.arrays {
        // The first block is the largest.
        let need = bytes(array);
        if need > memory {
            let what = format!("{} alone, on node n{node} which has the most memory,", name(graph, array.first));
            return Err(Error::OutOfMemory { what, need, limit: memory });
        }
    }
    Ok(())
}

/// ``block [0, 1] of `x` ``
pub(super) fn name(graph: &Graph, block: BlockId) -> String {
    let array = graph.array(graph.array_of(block));
    format!("block {:?} of `{}`", array.grid.coords((block.0 - array.first.0) as usize), array.name)
}
