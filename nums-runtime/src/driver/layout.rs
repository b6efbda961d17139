//! `Layouts`: how calls of a plan lie on the nodes, kept for plans that are called again.
//!
//! A loop submits one plan many times, mostly with operands on the same nodes. Between such calls nothing differs but names of blocks, numbers and
//! scalars, so the drafts of their batches serve again: to write them costs more than all else that a submission does for a task. A plan
//! is kept from its second call on, since most library functions and many expressions are called once, and as long as its graph lives. One of
//! many tasks is not kept: it runs for longer than its drafts take, and they would be much of what the driver holds.

use super::batch::{self, Draft, Run};
use super::remap::remap;
use super::{Driver, Node};
use crate::pool::Call;
use crate::wire::message::Origin;
use nums_ir::graph::{Graph, NodeId, Placement};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// How a call lies on the nodes.
pub(super) struct Layout {
    /// The node of every block, by `BlockId`.
    pub(super) owners: Vec<NodeId>,
    /// What the nodes are told.
    pub(super) drafts: Vec<Draft>,
}

/// Layouts of plans that were called.
#[derive(Default)]
pub(super) struct Layouts {
    /// By address of the graph, which nobody else has while it is here.
    by_graph: HashMap<usize, Known>,
}

/// A plan that was called.
struct Known {
    graph: Weak<Graph>,
    placement: Weak<Placement>,
    /// From its second call on.
    kept: Option<Kept>,
}

/// A layout, and what it depends on besides the plan.
struct Kept {
    /// The nodes of the input blocks.
    inputs: Vec<NodeId>,
    /// Results are copied to the driver.
    copied: bool,
    layout: Arc<Layout>,
}

/// Tasks of a plan that is kept.
const TASKS: usize = 1 << 12;
/// Plans that are known; then those that are gone are forgotten, or all.
const PLANS: usize = 256;

impl Driver {
    /// How a call lies on the nodes. Tasks that were placed on a node that is gone are placed elsewhere.
    pub(super) fn layout(&mut self, call: &mut Call, inputs: &[NodeId], results: &[usize], copied: bool) -> Arc<Layout> {
        let alive: Vec<bool> = self.nodes.iter().map(Node::is_alive).collect();
        let stays = call.placement.tasks.iter().all(|n| alive[n.0 as usize]);
        if let Some(layout) = self.layouts.get(call, inputs, copied).filter(|_| stays) {
            return layout;
        }
        let mut origins = vec![Origin::Made; call.graph.n_blocks()];
        origins[..inputs.len()].fill(Origin::Here);
        for &block in results {
            origins[block] = if copied { Origin::MadeAndCopied } else { Origin::MadeAndKept };
        }
        let mut owners = vec![NodeId(0); call.graph.n_blocks()];
        owners[..inputs.len()].copy_from_slice(inputs);
        let placed = remap(&call.graph, &call.placement.tasks, None, &mut owners, &origins, &alive);
        if let Some(placed) = placed {
            call.placement = Arc::new(placed);
        }
        let run = Run { graph: &call.graph, placement: &call.placement, owners: &owners, origins: &origins, tasks: None };
        let layout = Arc::new(Layout { drafts: batch::derive(&run), owners });
        if stays {
            self.layouts.keep(call, inputs, copied, &layout);
        }
        layout
    }
}

impl Layouts {
    /// The layout of a call whose inputs are on these nodes, if there is one.
    pub(super) fn get(&self, call: &Call, inputs: &[NodeId], copied: bool) -> Option<Arc<Layout>> {
        let kept = self.by_graph.get(&address(call)).filter(|known| known.is_of(call))?.kept.as_ref()?;
        (kept.copied == copied && kept.inputs == inputs).then(|| Arc::clone(&kept.layout))
    }

    /// A call was laid out.
    pub(super) fn keep(&mut self, call: &Call, inputs: &[NodeId], copied: bool, layout: &Arc<Layout>) {
        if call.graph.tasks.len() > TASKS {
            return;
        }
        match self.by_graph.get_mut(&address(call)).filter(|known| known.is_of(call)) {
            Some(known) => known.kept = Some(Kept { inputs: inputs.to_vec(), copied, layout: Arc::clone(layout) }),
            None => {
                if self.by_graph.len() >= PLANS {
                    self.by_graph.retain(|_, known| known.graph.strong_count() > 0);
                }
                if self.by_graph.len() >= PLANS {
                    self.by_graph.clear();
                }
                let (graph, placement) = (Arc::downgrade(&call.graph), Arc::downgrade(&call.placement));
                self.by_graph.insert(address(call), Known { graph, placement, kept: None });
            }
        }
    }
}

impl Known {
    fn is_of(&self, call: &Call) -> bool {
        self.graph.as_ptr() == Arc::as_ptr(&call.graph) && self.placement.as_ptr() == Arc::as_ptr(&call.placement)
    }
}

fn address(call: &Call) -> usize {
    Arc::as_ptr(&call.graph).addr()
}
