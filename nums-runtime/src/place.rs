//! Where tasks run: what planning knows of a cluster.
//!
//! A `ClusterSpec` holds sizes and rates, never a measured time, so that a plan depends on its arguments only. The placing
//! itself is a pure function of a graph, a spec and the homes of the inputs.

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
