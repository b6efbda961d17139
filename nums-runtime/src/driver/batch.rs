//! One batch a node, from a call, which of its tasks shall run, and where its blocks are.
//!
//! Two passes. The first writes each task into its node's batch, names the blocks that it touches there and counts uses; an
//! operand that lives elsewhere is named `From` the node that the placement's copies say (its owner, or a node that has got a
//! copy before), and counts one use there, however many tasks pull it. The second adds those uses to the senders' batches. What comes out are
//! drafts, which depend on nothing but the arguments and name blocks by their place in the graph; a call makes batches of them, and tells a node
//! the body of a kernel once.

use crate::native::Code;
use crate::pool::Call;
use crate::wire::message::{Batch, BatchBlock, BatchTask, Body, Origin, Work};
use nums_ir::data::DataTask;
use nums_ir::func::Func;
use nums_ir::graph::{Arg, BlockId, Graph, NodeId, Placement, Task, TaskOp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Weak};

/// Kernels that a cluster has seen, and which node knows which.
pub struct Kernels {
    by_text: HashMap<[u8; 32], u32>,
    /// By address: a graph that still lives was looked at before.
    by_graph: HashMap<usize, (Weak<Graph>, Arc<[u32]>)>,
    told: Vec<Vec<bool>>,
    forget: Vec<bool>,
}

/// Kernels after which all are forgotten, so that a loop over changing shapes holds bounded memory.
const KERNELS: usize = 4096;

/// What a run of a call is made of.
pub struct Run<'a> {
    /// Its tasks.
    pub graph: &'a Graph,
    /// Where they run.
    pub placement: &'a Placement,
    /// The node of every block: that makes it, or that holds it.
    pub owners: &'a [NodeId],
    /// What every block is to its owner: `Here` for inputs and for what an earlier run has made.
    pub origins: &'a [Origin],
    /// Tasks that run; `None` for all.
    pub tasks: Option<&'a [bool]>,
}

/// The batch of a node without what differs from call to call: its blocks are named by their place in the graph.
pub struct Draft {
    node: NodeId,
    blocks: Vec<BatchBlock>,
    work: Arc<Work>,
}

/// The drafts of a run, by node. A result that lives elsewhere already but is made again by the way is used where it is made.
pub fn derive(run: &Run<'_>) -> Vec<Draft> {
    let Run { graph, placement, owners, origins, tasks } = *run;
    let mut by_node: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
    for (index, node) in placement.tasks.iter().enumerate() {
        if tasks.is_none_or(|tasks| tasks[index]) {
            by_node.entry(*node).or_default().push(index as u32);
        }
    }
    let none = || vec![NONE; owners.len()];
    let mut pass = Pass {
        graph,
        owners,
        origins,
        bytes: graph.block_bytes(),
        // Copies of a plan are right for all of its tasks only.
        senders: if tasks.is_none() { senders(placement, owners) } else { HashMap::new() },
        pulls: vec![0; owners.len()],
        relays: HashMap::new(),
        home: none(),
        here: none(),
        touched: Vec::new(),
    };
    let mut pages: BTreeMap<NodeId, Page> = BTreeMap::new();
    for (node, tasks) in by_node {
        pages.insert(node, pass.page(node, &tasks));
    }
    pass.add_pulls(&mut pages);
    let draft = |(node, Page { blocks, work })| Draft { node, blocks, work: Arc::new(work) };
    pages.into_iter().map(draft).collect()
}

/// The batches of a call that runs as drafted.
pub fn batches(drafts: &[Draft], call: &Call, serial: u64, kernels: &mut Kernels) -> Vec<(NodeId, Batch)> {
    let ids = kernels.of(&call.graph);
    let batch = |draft: &Draft| {
        let mut batch = draft.batch(call, serial);
        kernels.tell(draft.node, &call.graph, &ids, &mut batch);
        (draft.node, batch)
    };
    drafts.iter().map(batch).collect()
}

impl Draft {
    fn batch(&self, call: &Call, serial: u64) -> Batch {
        let block = |block: &BatchBlock| BatchBlock { id: call.id(block.id as usize), ..*block };
        Batch {
            serial,
            call: call.name.clone(),
            number: call.number,
            file: call.file.clone(),
            code: Code::default(),
            kernels: Vec::new(),
            define: Vec::new(),
            forget: false,
            scalars: call.scalars.clone(),
            blocks: self.blocks.iter().map(block).collect(),
            work: Arc::clone(&self.work),
        }
    }
}

/// Whether each block is a result that the call makes: those stay until released.
pub fn results(graph: &Graph, n_inputs: usize) -> Vec<bool> {
    let mut results = vec![false; graph.n_blocks()];
    for output in &graph.outputs {
        for block in graph.array(output.array).blocks() {
            results[block.0 as usize] = block.0 as usize >= n_inputs;
        }
    }
    results
}

/// Who sends copies that do not come from the block's owner: a node that gets a copy for a task of its own before.
fn senders(placement: &Placement, owners: &[NodeId]) -> HashMap<(BlockId, NodeId), NodeId> {
    let mut known: HashSet<(BlockId, NodeId)> = HashSet::new();
    let mut senders = HashMap::new();
    for copy in &placement.copies {
        let runs_there = placement.tasks.get(copy.before.0 as usize) == Some(&copy.to);
        if !runs_there || owners.get(copy.block.0 as usize).is_none_or(|owner| *owner == copy.to) {
            continue;
        }
        if known.contains(&(copy.block, copy.from)) {
            senders.insert((copy.block, copy.to), copy.from);
        }
        known.insert((copy.block, copy.to));
    }
    senders
}

/// No index.
const NONE: u32 = u32::MAX;

/// A draft that is being written.
#[derive(Default)]
struct Page {
    blocks: Vec<BatchBlock>,
    work: Work,
}

struct Pass<'a> {
    graph: &'a Graph,
    owners: &'a [NodeId],
    origins: &'a [Origin],
    /// Bytes of every block.
    bytes: Vec<u64>,
    /// Who sends a block to a node, if not its owner.
    senders: HashMap<(BlockId, NodeId), NodeId>,
    /// Pulls of each block from its owner.
    pulls: Vec<u32>,
    /// Pulls of each block from a node that has a copy, and the block's index in the page of that node.
    relays: HashMap<(BlockId, NodeId), (u32, u32)>,
    /// Index of each block in its owner's page.
    home: Vec<u32>,
    /// Index of each block in the page that is being written, and which have one.
    here: Vec<u32>,
    touched: Vec<usize>,
}

impl Pass<'_> {
    fn page(&mut self, node: NodeId, tasks: &[u32]) -> Page {
        let mut page = Page::default();
        page.work.tasks.reserve_exact(tasks.len());
        let mut grids = vec![NONE; self.graph.arrays.len()];
        for &index in tasks {
            let task = &self.graph.tasks[index as usize];
            let args = task.args.iter().map(|arg| match *arg {
                Arg::Scalar(s) => Arg::Scalar(s),
                Arg::Block(block) => Arg::Block(BlockId(self.touch(node, block, 1, &mut page.blocks))),
            });
            let args = args.collect();
            let outs = task.outs.iter().map(|&block| self.make(node, block, &mut page.blocks)).collect();
            let place = place(self.graph, task, &mut grids, &mut page.work);
            subject(self.graph, task, &mut page.work);
            page.work.tasks.push(BatchTask { seq: index, op: task.op.clone(), args, outs, place, loc: task.loc });
        }
        for block in self.touched.drain(..) {
            self.here[block] = NONE;
        }
        page
    }

    /// The index of `block` in the page of `node`, with so many more uses there.
    fn touch(&mut self, node: NodeId, id: BlockId, uses: u32, blocks: &mut Vec<BatchBlock>) -> u32 {
        let block = id.0 as usize;
        if self.here[block] == NONE {
            self.here[block] = blocks.len() as u32;
            self.touched.push(block);
            let owner = self.owners[block];
            let origin = if owner == node {
                self.home[block] = self.here[block];
                self.origins[block]
            } else {
                self.relays.entry((id, node)).or_default().1 = self.here[block];
                match self.senders.get(&(id, node)) {
                    Some(sender) => {
                        self.relays.entry((id, *sender)).or_default().0 += 1;
                        Origin::From(*sender)
                    }
                    None => {
                        self.pulls[block] += 1;
                        Origin::From(owner)
                    }
                }
            };
            blocks.push(BatchBlock { id: u64::from(id.0), bytes: self.bytes[block], uses: 0, origin });
        }
        let index = self.here[block];
        blocks[index as usize].uses += uses;
        index
    }

    /// The index of a block that a task of `node` makes. One that lives already, here or elsewhere, is made by the way.
    fn make(&mut self, node: NodeId, id: BlockId, blocks: &mut Vec<BatchBlock>) -> u32 {
        let block = id.0 as usize;
        if self.origins[block].is_made() || self.here[block] != NONE {
            return self.touch(node, id, 0, blocks);
        }
        self.here[block] = blocks.len() as u32;
        self.touched.push(block);
        if self.owners[block] == node {
            self.home[block] = self.here[block];
        }
        blocks.push(BatchBlock { id: u64::from(id.0), bytes: self.bytes[block], uses: 0, origin: Origin::Made });
        self.here[block]
    }

    /// Adds to each sender's page the pulls of other nodes; an owner without a task gets a page for that alone.
    fn add_pulls(&self, pages: &mut BTreeMap<NodeId, Page>) {
        for ((_, node), (uses, at)) in &self.relays {
            if let Some(entry) = pages.get_mut(node).and_then(|page| page.blocks.get_mut(*at as usize)) {
                entry.uses += uses;
            }
        }
        for (block, &uses) in self.pulls.iter().enumerate().filter(|(_, uses)| **uses > 0) {
            let page = pages.entry(self.owners[block]).or_default();
            match page.blocks.get_mut(self.home[block] as usize) {
                Some(entry) => entry.uses += uses,
                None => {
                    page.blocks.push(BatchBlock { id: block as u64, bytes: self.bytes[block], uses, origin: self.origins[block] })
                }
            }
        }
    }
}

/// Notes the array that a task takes elements from or puts them into, if the user gave it a name: a position may be outside it.
fn subject(graph: &Graph, task: &Task, work: &mut Work) {
    let Some(Arg::Block(block)) = indexed(&task.op).and_then(|at| task.args.get(at)) else { return };
    let name = &graph.array(graph.array_of(*block)).name;
    let given = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if given && !work.subjects.iter().any(|(loc, _)| *loc == task.loc) {
        work.subjects.push((task.loc, name.clone()));
    }
}

/// The operand of a task into which positions point that the user gave.
fn indexed(op: &TaskOp) -> Option<usize> {
    match op {
        TaskOp::Data(DataTask::Take { first, .. }) => Some(usize::from(!first)),
        TaskOp::Data(DataTask::Put { .. }) => Some(0),
        TaskOp::Data(
            DataTask::Sort { .. }
            | DataTask::Merge { .. }
            | DataTask::Scan { .. }
            | DataTask::Total { .. }
            | DataTask::ArgBest { .. }
            | DataTask::Top { .. }
            | DataTask::TopJoin { .. }
            | DataTask::Partition { .. }
            | DataTask::Split {}
            | DataTask::Exchange {}
            | DataTask::ArgJoin { .. }
            | DataTask::Select { .. }
            | DataTask::Ranks { .. }
            | DataTask::Tally { .. }
            | DataTask::Narrow {}
            | DataTask::Elements { .. }
            | DataTask::Search { .. }
            | DataTask::Check { .. }
            | DataTask::Qr { .. }
            | DataTask::Orthogonal { .. }
            | DataTask::Count {}
            | DataTask::Positions { .. }
            | DataTask::Random { .. },
        )
        | TaskOp::Kernel(_)
        | TaskOp::Sliced(_)
        | TaskOp::Combine(_)
        | TaskOp::Matmul { .. }
        | TaskOp::Contract(_)
        | TaskOp::Assemble { .. }
        | TaskOp::Reshape(_)
        | TaskOp::Fill { .. }
        | TaskOp::Arange { .. }
        | TaskOp::Eye { .. }
        | TaskOp::Const { .. }
        | TaskOp::Solve => None,
    }
}

/// Which block of which cut array a task makes first. `grids` has the index of the cut of each array that was met.
fn place(graph: &Graph, task: &Task, grids: &mut [u32], work: &mut Work) -> (u32, u32) {
    let block = task.outs[0];
    let id = graph.array_of(block);
    let array = graph.array(id);
    let grid = &mut grids[id.0 as usize];
    if *grid == NONE {
        *grid = work.grids.len() as u32;
        work.grids.push(array.grid.clone());
    }
    (*grid, block.0 - array.first.0)
}

impl Kernels {
    /// No kernels, on so many nodes.
    pub fn new(nodes: usize) -> Kernels {
        Kernels { by_text: HashMap::new(), by_graph: HashMap::new(), told: vec![Vec::new(); nodes], forget: vec![false; nodes] }
    }

    /// One more node, which knows none.
    pub fn add_node(&mut self) {
        self.told.push(Vec::new());
        self.forget.push(false);
    }

    /// The cluster's numbers of a graph's kernels. Equal text is the same kernel.
    fn of(&mut self, graph: &Arc<Graph>) -> Arc<[u32]> {
        let address = Arc::as_ptr(graph).addr();
        if let Some((known, ids)) = self.by_graph.get(&address)
            && known.upgrade().is_some_and(|known| Arc::ptr_eq(&known, graph))
        {
            return Arc::clone(ids);
        }
        if self.by_text.len() + graph.kernels.len() > KERNELS {
            self.by_text.clear();
            self.by_graph.clear();
            self.told.iter_mut().for_each(Vec::clear);
            self.forget.fill(true);
        }
        if self.by_graph.len() >= KERNELS {
            self.by_graph.retain(|_, (graph, _)| graph.strong_count() > 0);
        }
        let ids: Arc<[u32]> = graph.kernels.iter().map(|body| self.number(body)).collect();
        self.by_graph.insert(address, (Arc::downgrade(graph), Arc::clone(&ids)));
        ids
    }

    fn number(&mut self, body: &Func) -> u32 {
        let key = *blake3::hash(nums_ir::text::print(body).as_bytes()).as_bytes();
        let next = self.by_text.len() as u32;
        *self.by_text.entry(key).or_insert(next)
    }

    /// Writes the kernels into a batch, with the bodies that the node does not know.
    fn tell(&mut self, node: NodeId, graph: &Graph, ids: &[u32], batch: &mut Batch) {
        let node = node.0 as usize;
        batch.forget = std::mem::take(&mut self.forget[node]);
        batch.kernels = ids.to_vec();
        let told = &mut self.told[node];
        for (&id, body) in ids.iter().zip(&graph.kernels) {
            if told.len() <= id as usize {
                told.resize(id as usize + 1, false);
            }
            if !std::mem::replace(&mut told[id as usize], true) {
                batch.define.push((id, Body(Arc::new(body.clone()))));
            }
        }
    }
}
