//! Where tasks run: `(Graph, ClusterSpec, homes of the inputs) -> Placement`, pure and deterministic.
//!
//! A `ClusterSpec` holds sizes and rates, never a measured time, so that a plan depends on its arguments only. Every policy is
//! a row of `POLICIES` with one signature and fills the same `Simulation` (`place/load.rs`), so their costs compare.
//! `place` uses LSHS (`place/lshs.rs`); blocks are homed by `place/layout.rs`. Nothing here sees data.

mod layout;
mod load;
mod lshs;
mod policies;

pub use layout::homes;
pub use load::Simulation;

use nums_ir::graph::{Graph, NodeId, Placement};

/// A way to choose a node for every task: places all tasks of the simulation's graph.
pub type Policy = fn(&mut Simulation<'_>);

/// All policies by name.
pub const POLICIES: &[(&str, Policy)] = &[
    ("lshs", lshs::place),
    ("owner-computes", policies::owner_computes),
    ("round-robin", policies::round_robin),
    ("all-on-one", policies::all_on_one),
];

/// The placement of `graph` by LSHS (Load Simulated Hierarchical Scheduling, arXiv 2206.14276). `inputs` has the node of every
/// input block, by `BlockId`.
pub fn place(graph: &Graph, spec: &ClusterSpec, inputs: &[NodeId]) -> Placement {
    let (name, policy) = POLICIES[0];
    place_by(name, policy, graph, spec, inputs)
}

/// The placement of `graph` by a policy.
pub fn place_by(name: &str, policy: Policy, graph: &Graph, spec: &ClusterSpec, inputs: &[NodeId]) -> Placement {
    let mut simulation = Simulation::new(graph, spec, inputs);
    policy(&mut simulation);
    simulation.finish(name)
}

/// What planning knows of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSpec {
    /// The nodes, by `NodeId`.
    pub nodes: Vec<NodeSpec>,
    /// The network between any two nodes.
    pub link: LinkSpec,
    /// Bytes of cache that a thread may count on for its tiles.
    pub cache: u64,
    /// Moves that refinement may try.
    pub moves: u64,
}

/// One node: a process with threads and memory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Compute threads.
    pub threads: usize,
    /// Bytes that its blocks may take.
    pub memory: u64,
}

/// A network connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpec {
    /// Bytes a second.
    pub bandwidth: u64,
    /// Nanoseconds until the first byte arrives.
    pub latency: u64,
}

impl ClusterSpec {
    /// A fixed cluster for plans that are printed and compared: four nodes of four threads and 16 GiB, 10 Gbit/s between them.
    pub fn reference() -> ClusterSpec {
        ClusterSpec::uniform(4, 4)
    }

    /// So many equal nodes with so many threads each.
    pub fn uniform(nodes: usize, threads: usize) -> ClusterSpec {
        ClusterSpec {
            nodes: vec![NodeSpec { threads, memory: 16 << 30 }; nodes],
            link: LinkSpec { bandwidth: 1_250_000_000, latency: 50_000 },
            cache: 512 << 10,
            moves: 0,
        }
    }
}
