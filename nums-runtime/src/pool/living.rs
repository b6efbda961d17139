//! `Living`: the nodes that can be planned for.
//!
//! Planning numbers nodes from 0 without gaps. When a node is gone, the numbers of a plan are those of the living in order;
//! this goes back and forth. Nothing here is needed for an answer to be right: the driver places elsewhere what was placed on
//! a node that is gone.

use nums_ir::graph::{NodeId, Placement};
use std::sync::Arc;

/// The nodes that live, at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Living {
    /// Rises when a node is gone or has come, and when blocks have moved therefore.
    pub version: u64,
    /// Who lives; all if nobody does, so that there is something to plan for.
    pub nodes: Arc<[NodeId]>,
}

impl Living {
    /// The nodes that `lives` says, of `n`.
    pub fn new(version: u64, n: usize, lives: impl Fn(NodeId) -> bool) -> Living {
        let all = (0..n as u32).map(NodeId);
        let nodes: Arc<[NodeId]> = all.clone().filter(|&n| lives(n)).collect();
        Living { version, nodes: if nodes.is_empty() { all.collect() } else { nodes } }
    }

    /// The number that planning has for a node. A node that is gone counts as one of the others.
    pub fn number(&self, node: NodeId) -> NodeId {
        let at = self.nodes.binary_search(&node).unwrap_or(node.0 as usize % self.nodes.len());
        NodeId(at as u32)
    }

    /// The node that planning means.
    pub fn node(&self, number: NodeId) -> NodeId {
        self.nodes.get(number.0 as usize).copied().unwrap_or(number)
    }

    /// A plan for these nodes with their real names.
    pub fn name(&self, mut placement: Placement) -> Placement {
        if self.nodes.iter().enumerate().all(|(i, n)| n.0 as usize == i) {
            return placement;
        }
        placement.tasks.iter_mut().for_each(|n| *n = self.node(*n));
        placement.homes.iter_mut().for_each(|n| *n = self.node(*n));
        for copy in &mut placement.copies {
            (copy.from, copy.to) = (self.node(copy.from), self.node(copy.to));
        }
        placement
    }
}

#[cfg(test)]
mod tests {
    use super::Living;
    use nums_ir::graph::NodeId;

    #[test]
    fn plans_number_the_living() {
        let living = Living::new(1, 4, |n| n.0 != 1);
        assert_eq!(living.nodes.as_ref(), [NodeId(0), NodeId(2), NodeId(3)]);
        assert_eq!([0, 2, 3].map(|n| living.number(NodeId(n)).0), [0, 1, 2]);
        assert_eq!(living.number(NodeId(1)).0, 1);
        assert_eq!(living.node(NodeId(2)), NodeId(3));
        assert_eq!(Living::new(1, 2, |_| false).nodes.len(), 2);
    }
}
