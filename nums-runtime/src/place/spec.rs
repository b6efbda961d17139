//! `ClusterSpec`: what planning knows of a cluster. Sizes and rates, never a measured time.
//!
//! A plan is a function of its arguments, and this is the one that describes the machines: nodes with threads and memory
//! (they may differ), the network between them, the order in which reductions may be joined, what is to be small, and how
//! many moves refinement may try. `ClusterSpec::reference()` is fixed, for plans that are printed and compared.

use nums_ir::graph::NodeId;

/// What planning knows of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterSpec {
    /// The nodes, by `NodeId`.
    pub nodes: Vec<NodeSpec>,
    /// The connection of every node to the network.
    pub link: LinkSpec,
    /// Nodes whose connection is another than `link`. Between two nodes counts the slower one.
    pub links: Vec<(NodeId, LinkSpec)>,
    /// Bytes of second-level cache that a thread may count on: blocks of a task that fit are read four times as fast, and tiles are
    /// as large as it allows (`nums_ir::tiling`).
    pub cache: u64,
    /// Moves that refinement may try; it never tries more than a quarter of the tasks.
    pub moves: u64,
    /// How partial results of a reduction are joined.
    pub order: Order,
    /// What is to be small.
    pub score: Score,
    /// The policy that places tasks; without a name the best of all, which is what one wants but to compare.
    pub policy: Option<String>,
}

/// One node: a process with threads and memory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeSpec {
    /// Compute threads.
    pub threads: usize,
    /// Bytes that its blocks may take.
    pub memory: u64,
}

/// Tasks ahead of the lowest that is not done for which small blocks may be fetched.
const FAR: u64 = 64;
/// Bytes that are fetched ahead whatever they are: what a connection carries while a request and its answer are on the way.
const EASY: u64 = 1 << 19;

/// How many tasks ahead of a node's lowest that is not done blocks of so many bytes are fetched: enough that compute threads never
/// wait for the next, and small ones in numbers that hide how long each takes to come. Workers keep to it and plans count by it.
pub(crate) fn ahead(threads: usize, bytes: u64) -> usize {
    (2 * threads).max(3).max((EASY / bytes.max(1)).min(FAR) as usize)
}

/// A network connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkSpec {
    /// Bytes a second.
    pub bandwidth: u64,
    /// Nanoseconds until the first byte arrives.
    pub latency: u64,
}

impl LinkSpec {
    /// Nanoseconds for which a message keeps its sender and its receiver from other messages, besides its bytes. The rest of the latency
    /// passes while others are on their way.
    pub(super) fn message(self) -> u64 {
        self.latency / 5 * 2
    }
}

/// How the partial results of a reduction over blocks are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// In a tree that the grid alone decides: the same bits for any number of nodes and any placement.
    #[default]
    Reproducible,
    /// First what is on one node, as it appears, then between nodes: k nodes send k - 1 partial results for any cut. The bits
    /// depend on the placement, which depends on the cluster.
    Fastest,
}

/// What a plan shall have little of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Score {
    /// Estimated time: the busiest node, the busiest receiver and the busiest sender one after the other, but no less than the
    /// longest chain of tasks and copies; under the memory cap.
    #[default]
    Makespan,
    /// The objective of the paper (arXiv 2206.14276): the most elements ever made or received on a node, received by one, and
    /// sent by one. Nothing is ever released.
    Reference,
    /// Bytes between nodes.
    Net,
}

impl Score {
    /// The name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Score::Makespan => "makespan",
            Score::Reference => "reference",
            Score::Net => "net",
        }
    }
}

impl Order {
    /// The name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Order::Reproducible => "reproducible",
            Order::Fastest => "fastest",
        }
    }
}

/// Moves that refinement tries unless a spec says otherwise: each one simulates the whole call again.
const MOVES: u64 = 16;

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
            links: Vec::new(),
            cache: nums_ir::tiling::CACHE as u64,
            moves: MOVES,
            order: Order::default(),
            score: Score::default(),
            policy: None,
        }
    }
    /// The connection of a node.
    pub fn link_of(&self, node: NodeId) -> LinkSpec {
        self.links.iter().rev().find(|(n, _)| *n == node).map_or(self.link, |(_, link)| *link)
    }
}
