//! `Plan`: what a call would do on a cluster, as an object to print and to assert on. Nothing runs.

use crate::error::{Error, Result};
use crate::kernel;
use crate::place::{self, Bound, ClusterSpec, Layout, Placed, PolicyCost, Score};
use nums_ir::cost::costs;
use nums_ir::diag::Diag;
use nums_ir::explain::explain;
use nums_ir::func::{Func, Op, Stage};
use nums_ir::graph::{Arg, ArrayId, Graph, Load, NodeId, Placement, TaskOp};
use nums_ir::tiling::{self, Touched};
use nums_ir::{text, tile};
use std::collections::BTreeMap;
use std::fmt;

/// The tasks of a call, where they run, and what that costs.
#[derive(Clone, Debug)]
pub struct Plan {
    graph: Graph,
    placement: Placement,
    costs: Vec<PolicyCost>,
    score: u64,
    spec: ClusterSpec,
    func: Func,
}

impl Plan {
    pub(crate) fn new(placed: Placed, spec: ClusterSpec, func: Func) -> Plan {
        let Placed { graph, placement, costs, score } = placed;
        Plan { score, graph, placement, costs, spec, func }
    }

    /// The text at a stage, with the sizes of this plan. The parsed and typed stages are the function's: `f::ir`.
    pub fn ir(&self, stage: Stage) -> String {
        match stage {
            Stage::Parsed | Stage::Typed | Stage::Fused => text::print(&self.func) + &explain(&self.func),
            Stage::Tiled => tiled(&self.graph, &self.spec),
            Stage::Placed => text::print_placed(&self.graph, &self.placement),
        }
    }

    /// Bytes that go from node to node.
    pub fn bytes_moved(&self) -> u64 {
        self.placement.loads.iter().map(|l| l.net_in).sum()
    }

    /// The most bytes of blocks that a node holds at once, with what it fetches before its turn.
    pub fn peak_bytes(&self) -> u64 {
        self.placement.loads.iter().map(|l| l.mem).max().unwrap_or(0)
    }

    /// Operations of all tasks (`nums_ir::flops` says how they count).
    pub fn flops(&self) -> u64 {
        costs(&self.graph).iter().map(|c| c.flops).sum()
    }

    /// Bytes of blocks that tasks read, all together; a block that two tasks read counts twice, one that is two operands of a task once.
    pub fn bytes_read(&self) -> u64 {
        costs(&self.graph).iter().map(|c| c.bytes_in).sum()
    }

    /// Bytes of blocks that tasks make, all together.
    pub fn bytes_written(&self) -> u64 {
        costs(&self.graph).iter().map(|c| c.bytes_out).sum()
    }

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.graph.tasks.len()
    }

    /// Number of fused kernels.
    pub fn kernels(&self) -> usize {
        self.graph.kernels.len()
    }

    /// How often the array parameter `name` is read: by how many kernels and other statements, of which each reads an element once,
    /// however it is cut. As the explanation says, but for panels that the cuts took apart. 0 if there is no such parameter.
    pub fn passes(&self, name: &str) -> usize {
        let at = self.graph.inputs.iter().position(|id| self.graph.array(*id).name == name);
        at.map_or(0, |at| self.graph.reads[at])
    }

    /// Arrays between inputs and results that are stored: what one kernel leaves for another. Parts of one result are no
    /// arrays of their own.
    pub fn temporaries(&self) -> usize {
        self.stored().count()
    }

    /// Bytes of `temporaries`, all together.
    pub fn temporary_bytes(&self) -> u64 {
        self.stored().flat_map(|id| self.graph.array(id).blocks()).map(|b| self.graph.bytes(b)).sum()
    }

    fn stored(&self) -> impl Iterator<Item = ArrayId> + '_ {
        let mut read = vec![false; self.graph.n_blocks()];
        let joins = |t: &&nums_ir::graph::Task| !matches!(t.op, TaskOp::Combine(_));
        for arg in self.graph.tasks.iter().filter(joins).flat_map(|t| &t.args) {
            if let Arg::Block(b) = arg {
                read[b.0 as usize] = true;
            }
        }
        let ends = |id: &ArrayId| self.graph.inputs.contains(id) || self.graph.outputs.iter().any(|o| o.array == *id);
        let ids = (0..self.graph.arrays.len() as u32).map(ArrayId).filter(move |id| !ends(id));
        ids.filter(move |id| self.graph.array(*id).blocks().any(|b| read[b.0 as usize]))
    }

    /// Bytes that any plan moves at least which leaves results at their homes, by minimum cuts; `None` for more than 4096 tasks.
    pub fn lower_bound(&self) -> Option<u64> {
        self.bound().map(|b| b.bytes)
    }

    /// The lower bound, and whether this plan attains it.
    pub fn bound(&self) -> Option<Bound> {
        let homes = place::all_homes(&self.graph, self.spec.nodes.len(), &self.placement.homes);
        place::bound(&self.graph, &self.spec, &homes, self.bytes_moved())
    }

    /// The loads of every node, by `NodeId`: the most bytes that it holds, bytes in and bytes out.
    pub fn loads(&self) -> &[Load] {
        &self.placement.loads
    }

    /// Tasks that run on every node, by `NodeId`.
    pub fn tasks_by_node(&self) -> Vec<usize> {
        let mut tasks = vec![0; self.spec.nodes.len()];
        self.placement.tasks.iter().for_each(|n| tasks[n.0 as usize] += 1);
        tasks
    }

    /// Bytes that go from the first node to the second, for all pairs between which any go, in order.
    pub fn edges(&self) -> Vec<(NodeId, NodeId, u64)> {
        let mut edges: BTreeMap<(NodeId, NodeId), u64> = BTreeMap::new();
        for copy in &self.placement.copies {
            *edges.entry((copy.from, copy.to)).or_default() += self.graph.bytes(copy.block);
        }
        edges.into_iter().map(|((from, to), bytes)| (from, to, bytes)).collect()
    }

    /// Rounds of communication, if a node sends one block and receives one in a round.
    pub fn rounds(&self) -> usize {
        place::rounds(&self.graph, &self.placement)
    }

    /// Estimated nanoseconds of the longest chain of tasks and copies: what no number of nodes would take less than.
    pub fn critical_path(&self) -> u64 {
        place::critical_path(&self.graph, &self.placement, &self.spec)
    }

    /// The layout that this call would like each array parameter to have, in order: node grids on which its own plan has the
    /// least score, results as they lie by default. `laid_out` says what that would cost, `Array::laid_out` moves an array.
    ///
    /// # Errors
    /// None that the plan itself did not have.
    pub fn layouts(&self) -> Result<Vec<Layout>> {
        place::layouts(&self.tiled()?, &self.spec)
    }

    /// The plan of the same call with its array parameters laid out so, in order.
    ///
    /// # Errors
    /// `Error::Setting` for another number of layouts, or for one with more nodes than there are; `Error::OutOfMemory` as for any plan.
    pub fn laid_out(&self, layouts: &[Layout]) -> Result<Plan> {
        let graph = self.tiled()?;
        if layouts.len() != graph.inputs.len() {
            let (name, value) = (format!("layouts of `{}`", graph.name), layouts.len().to_string());
            return Err(Error::Setting { name, value, expected: "one for each array parameter" });
        }
        let grids = graph.inputs.iter().map(|id| &graph.array(*id).grid);
        let homes: Vec<NodeId> = grids.zip(layouts).flat_map(|(grid, layout)| layout.homes(grid)).collect();
        Ok(Plan::new(place::place(graph, &self.spec, &homes)?, self.spec.clone(), self.func.clone()))
    }

    /// The tasks as they were before they were placed.
    fn tiled(&self) -> Result<Graph> {
        let grids: Vec<_> = self.graph.inputs.iter().map(|id| self.graph.array(*id).grid.clone()).collect();
        let wrong = |d: Diag| Error::Program { name: self.graph.name.clone(), place: String::new(), message: d.to_string() };
        tile::tile(&self.func, &grids).map_err(wrong)
    }

    /// What this plan costs, by the score of the spec: estimated nanoseconds, elements or bytes.
    pub fn score(&self) -> u64 {
        self.score
    }

    /// What each policy's plan would cost, by the score of the spec. The winner's was refined further: `policy` names it.
    pub fn costs(&self) -> &[PolicyCost] {
        &self.costs
    }

    /// The policy that placed the tasks.
    pub fn policy(&self) -> &str {
        &self.placement.policy
    }
}

/// Tasks, notes, and how large the tiles of each kernel are on nodes with such a cache, and those of products.
pub(crate) fn tiled(graph: &Graph, spec: &ClusterSpec) -> String {
    let text = graph.notes.iter().fold(text::print_graph(graph), |text, note| text + "; " + note + "\n");
    let text = text + &tiling::explain(graph.kernels.iter(), Some(spec.cache.try_into().unwrap_or(usize::MAX)));
    products(graph).into_iter().fold(text, |text, (op, (_, tiles))| text + "; tiles of " + op + ": " + &tiles + "\n")
}

/// Product and contraction tasks by their operator: how many there are, and how large their tiles are.
fn products(graph: &Graph) -> BTreeMap<&'static str, (usize, String)> {
    let mut found: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for op in graph.tasks.iter().map(|task| &task.op) {
        if let Some(tiles) = kernel::tiles(op) {
            let name = if let TaskOp::Contract(_) = op { "contract" } else { "matmul" };
            found.entry(name).or_insert((0, tiles)).0 += 1;
        }
    }
    found
}

/// `1.5 kB`
fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

impl fmt::Display for Plan {
    /// In words: kernels, tasks, copies, and the loads of every node.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (g, p) = (&self.graph, &self.placement);
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for task in &g.tasks {
            let kind = match &task.op {
                TaskOp::Kernel(_) | TaskOp::Sliced(_) => "kernel",
                TaskOp::Combine(_) => "combine",
                TaskOp::Matmul { .. } => "matmul",
                TaskOp::Contract(_) => "contract",
                TaskOp::Assemble { .. } => "assemble",
                TaskOp::Reshape(_) => "reshape",
                TaskOp::Fill { .. } | TaskOp::Arange { .. } | TaskOp::Eye { .. } | TaskOp::Const { .. } => "create",
                TaskOp::Solve => "solve",
                TaskOp::Data(task) => task.name(),
            };
            *kinds.entry(kind).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let cache = self.spec.cache.try_into().unwrap_or(usize::MAX);
        writeln!(f, "{}: {} kernels, {} tasks ({})", g.name, g.kernels.len(), g.tasks.len(), kinds.join(", "))?;
        for (k, body) in g.kernels.iter().enumerate() {
            let ops: Vec<&str> = body
                .insts
                .iter()
                .flat_map(|i| match &i.op {
                    // A panel holds kernels.
                    Op::Kernel(inner) => inner.insts.iter().collect(),
                    _ => vec![i],
                })
                .filter(|i| !matches!(i.op, Op::Const(_) | Op::Dim(_) | Op::Index { .. }))
                .map(|i| i.op.name())
                .collect();
            let runs = g.tasks.iter().filter(|t| t.op.kernel() == Some(k as u32)).count();
            let (is_panel, touched) = (!body.rows.is_empty(), Touched::by(body));
            let tile = format!("{} {}", touched.tile(is_panel, cache), if is_panel { "rows" } else { "elements" });
            writeln!(f, "  {} fuses {} and runs {runs} times, in tiles of {tile}", body.name, ops.join(", "))?;
        }
        for (op, (runs, tiles)) in products(g) {
            writeln!(f, "  {op} runs {runs} times, in {tiles}")?;
        }
        let reads: Vec<String> =
            g.inputs.iter().map(|id| &g.array(*id).name).map(|n| format!("{n} {}", self.passes(n))).collect();
        let (read, written) = (bytes(self.bytes_read()), bytes(self.bytes_written()));
        writeln!(
            f,
            "passes over {}; tasks read {read} and write {written}",
            if reads.is_empty() { "nothing".into() } else { reads.join(", ") }
        )?;
        writeln!(f, "{} temporaries stored, {}", self.temporaries(), bytes(self.temporary_bytes()))?;
        let (moved, copies) = (bytes(self.bytes_moved()), p.copies.len());
        writeln!(f, "{copies} copies between nodes, {moved}; {} flops; placed by {}", self.flops(), p.policy)?;
        if let Some(bound) = self.bound().filter(|_| p.loads.len() > 1) {
            let known = if bound.attained { "this plan attains" } else { "is not known to be attainable" };
            writeln!(f, "no plan moves less than {}, which {known}; {} rounds", bytes(bound.bytes), self.rounds())?;
        }
        if self.costs.len() > 1 {
            let cost = |c: &PolicyCost| match self.spec.score {
                Score::Makespan => format!("{} {:.0} µs", c.policy, c.score as f64 / 1e3),
                Score::Net => format!("{} {}", c.policy, bytes(c.score)),
                Score::Reference => format!("{} {}", c.policy, c.score),
            };
            let costs: Vec<String> = self.costs.iter().map(cost).collect();
            writeln!(f, "by {}: {}", self.spec.score.name(), costs.join(", "))?;
        }
        writeln!(f, "critical path {:.0} µs", self.critical_path() as f64 / 1e3)?;
        write!(f, "node  tasks   peak memory     net in    net out")?;
        for (i, load) in p.loads.iter().enumerate() {
            let tasks = p.tasks.iter().filter(|n| n.0 as usize == i).count();
            let (mem, net_in, net_out) = (bytes(load.mem), bytes(load.net_in), bytes(load.net_out));
            write!(f, "\nn{i:<4} {tasks:>5}  {mem:>12}  {net_in:>9}  {net_out:>9}")?;
        }
        Ok(())
    }
}
