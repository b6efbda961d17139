//! Products on node grids: 2-D (output-stationary, SUMMA) and 2.5-D (replicated; Solomonik and Demmel 2011).
//!
//! Any reduction over blocks is taken for a product: its tasks have a place in the grid of the result and a place in the range that
//! is reduced. A node grid has an axis for each axis of the result, and one that splits the reduced range into layers (one
//! layer: 2-D). All node grids of the cluster's size are estimated, dealt packed and cyclic: which blocks each cell needs,
//! less what the node has that becomes the cell; cells go to nodes by what they save. The best is taken, array by array,
//! when its first task comes up, so that operands made in the call have a place by then.

use super::Simulation;
use super::layout::{factorizations, node_grid};
use super::policies::{largest_operand, walk};
use super::problem::{NONE, Problem};
use nums_ir::graph::{BlockId, NodeId, TaskId};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Nodes up to which all node grids are looked at; above, those with square patches.
const ALL: usize = 64;

/// One layer.
pub(super) fn flat(simulation: &mut Simulation<'_>) {
    place(simulation, false);
}

/// Two layers or more.
pub(super) fn layered(simulation: &mut Simulation<'_>) {
    place(simulation, true);
}

fn place(simulation: &mut Simulation<'_>, layered: bool) {
    let products = Product::all(simulation.problem());
    let mut product_of = vec![NONE; simulation.problem().work.len()];
    for (i, product) in products.iter().enumerate() {
        product.tasks.iter().for_each(|t| product_of[t.task as usize] = i as u32);
    }
    let mut nodes = vec![NONE; product_of.len()];
    walk(simulation, |s: &mut Simulation<'_>, task: TaskId| {
        let (t, product) = (task.0 as usize, product_of[task.0 as usize]);
        if product == NONE {
            // Joins lie with the left part: layers are runs of the reduced range, so the other part mostly lies there too.
            return largest_operand(s, task);
        }
        if nodes[t] == NONE {
            products[product as usize].deal(s, layered, &mut nodes);
        }
        NodeId(nodes[t])
    });
}

/// How blocks are dealt along the axes of a node grid.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deal {
    /// In contiguous runs.
    Packed,
    /// In turn, but runs of the reduced range.
    Cyclic,
    /// In turn, the reduced range too.
    CyclicLayers,
    /// As `CyclicLayers`, but pairs of blocks in turn along axes with room for it: where arrays lie on a square of nodes, a node then
    /// finds its own blocks of both operands and of the result in one cell.
    Staggered,
}

/// The tasks that make partial results of one array.
struct Product {
    /// Blocks of the result along each axis.
    dims: Vec<usize>,
    /// Partial results of a block, at most.
    layers: usize,
    /// Whether they may be joined in any order.
    free: bool,
    tasks: Vec<Place>,
}

/// One task of a product.
struct Place {
    task: u32,
    /// Index of the result's block in its grid.
    block: u32,
    /// The result's block, which the partial result must come to.
    root: u32,
    /// Which partial result of how many.
    layer: u32,
    layers: u32,
}

/// A node grid that was tried.
struct Dealt {
    estimate: (u64, u64),
    /// The cell of each task.
    cells: Vec<u32>,
    /// The node of each cell.
    at: Vec<u32>,
}

impl Product {
    fn all(problem: &Problem<'_>) -> Vec<Product> {
        let maker = problem.makers();
        let mut by_array: HashMap<u32, usize> = HashMap::new();
        let mut products: Vec<Product> = Vec::new();
        for tree in problem.trees.iter().rev() {
            let root = problem.graph.tasks[tree.root() as usize].outs[0];
            let id = problem.graph.array_of(root);
            let array = problem.graph.array(id);
            let at = *by_array.entry(id.0).or_insert_with(|| {
                products.push(Product { dims: array.grid.dims(), layers: 0, free: false, tasks: Vec::new() });
                products.len() - 1
            });
            let product = &mut products[at];
            product.layers = product.layers.max(tree.leaves.len());
            product.free |= problem.free[tree.root() as usize];
            for (layer, leaf) in tree.leaves.iter().enumerate().filter(|(_, leaf)| maker[**leaf as usize] != NONE) {
                let task = maker[*leaf as usize];
                let block = root.0 - array.first.0;
                let (layer, layers) = (layer as u32, tree.leaves.len() as u32);
                product.tasks.push(Place { task, block, root: root.0, layer, layers });
            }
        }
        products
    }

    /// Gives each task the node of its cell, for the best node grid.
    fn deal(&self, simulation: &Simulation<'_>, layered: bool, nodes: &mut [u32]) {
        let n_nodes = simulation.problem().n_nodes();
        let mut best: Option<Dealt> = None;
        for grid in self.node_grids(n_nodes, layered) {
            for deal in [Deal::Packed, Deal::Cyclic, Deal::CyclicLayers, Deal::Staggered] {
                // Where the tree is fixed, layers are runs of the reduced range: half of the tree is one result.
                if matches!(deal, Deal::CyclicLayers | Deal::Staggered) && (!layered || !self.free) {
                    continue;
                }
                let cells = self.cells(&grid, deal);
                let needs = Needs::new(simulation, self, &cells);
                let (estimate, at) = needs.settle(simulation);
                if best.as_ref().is_none_or(|b| estimate < b.estimate) {
                    best = Some(Dealt { estimate, cells, at });
                }
            }
        }
        for (i, place) in self.tasks.iter().enumerate() {
            nodes[place.task as usize] = match &best {
                Some(best) => best.at[best.cells[i] as usize],
                None => simulation.problem().hint(TaskId(place.task)).unwrap_or_default().0,
            };
        }
    }

    /// Node grids: an axis for each axis of the result, then the layers.
    fn node_grids(&self, n_nodes: usize, layered: bool) -> Vec<Vec<usize>> {
        let dims = [&self.dims[..], &[self.layers]].concat();
        let fits = |grid: &Vec<usize>| grid.iter().zip(&dims).all(|(n, d)| n <= d) && (grid[self.dims.len()] > 1) == layered;
        if n_nodes <= ALL {
            return factorizations(n_nodes, dims.len()).into_iter().filter(fits).collect();
        }
        let layers = (1..=n_nodes).filter(|c| n_nodes.is_multiple_of(*c));
        let grids = layers.filter_map(|c| Some([&node_grid(&self.dims, n_nodes / c)?[..], &[c]].concat()));
        grids.filter(fits).collect()
    }

    /// The cell of each task.
    fn cells(&self, grid: &[usize], how: Deal) -> Vec<u32> {
        let rank = self.dims.len();
        let deal = |i: usize, n: usize, nodes: usize| match how {
            Deal::Packed => i * nodes / n,
            Deal::Staggered if 2 * nodes < n => i % (2 * nodes) / 2,
            Deal::Cyclic | Deal::CyclicLayers | Deal::Staggered => i % nodes,
        };
        let cell = |place: &Place| {
            let mut block = place.block as usize;
            let (mut cell, mut stride) = (0, 1);
            for axis in (0..rank).rev() {
                let i = block % self.dims[axis];
                block /= self.dims[axis];
                cell += deal(i, self.dims[axis], grid[axis]) * stride;
                stride *= grid[axis];
            }
            let (layer, layers) = (place.layer as usize, place.layers as usize);
            let layer = match how {
                Deal::Packed | Deal::Cyclic => layer * grid[rank] / layers,
                Deal::CyclicLayers | Deal::Staggered => layer % grid[rank],
            };
            (cell * grid[rank] + layer) as u32
        };
        self.tasks.iter().map(cell).collect()
    }
}

/// What the cells of a node grid need, and what nodes have of it.
struct Needs {
    n_nodes: usize,
    /// Size of what each cell needs.
    all: Vec<u64>,
    /// Size of what it would find on each node.
    found: Vec<u64>,
    work: Vec<u64>,
}

impl Needs {
    fn new(simulation: &Simulation<'_>, product: &Product, cells: &[u32]) -> Needs {
        let problem = simulation.problem();
        let n_nodes = problem.n_nodes();
        let mut needs = Needs { n_nodes, all: vec![0; n_nodes], found: vec![0; n_nodes * n_nodes], work: vec![0; n_nodes] };
        let words = n_nodes.div_ceil(64);
        let mut seen: HashMap<u32, Vec<u64>> = HashMap::new();
        for (place, cell) in product.tasks.iter().zip(cells) {
            let cell = *cell as usize;
            needs.work[cell] += problem.work[place.task as usize];
            let blocks = problem.operands(TaskId(place.task)).chain([BlockId(place.root)]);
            for b in blocks {
                let word = &mut seen.entry(b.0).or_insert_with(|| vec![0; words])[cell / 64];
                if *word >> (cell % 64) & 1 == 1 {
                    continue;
                }
                *word |= 1 << (cell % 64);
                needs.all[cell] += problem.size(b);
                let home = problem.homes[b.0 as usize];
                let owner = simulation.owner(b).or((home != NONE).then_some(NodeId(home)));
                let holders = owner.map(|n| n.0).into_iter().chain(simulation.replicas(b).iter().copied());
                holders.for_each(|node| needs.found[cell * n_nodes + node as usize] += problem.size(b));
            }
        }
        needs
    }

    /// A node for each cell, and an estimate of the score.
    fn settle(&self, simulation: &Simulation<'_>) -> ((u64, u64), Vec<u32>) {
        let n = self.n_nodes;
        let mut pairs: Vec<usize> = (0..n * n).filter(|i| self.found[*i] > 0).collect();
        pairs.sort_by_key(|i| (Reverse(self.found[*i]), *i));
        let (mut at, mut taken) = (vec![NONE; n], vec![false; n]);
        for pair in pairs {
            let (cell, node) = (pair / n, pair % n);
            if at[cell] == NONE && !taken[node] {
                (at[cell], taken[node]) = (node as u32, true);
            }
        }
        let mut rest = (0..n).filter(|node| !taken[*node]);
        at.iter_mut().filter(|node| **node == NONE).for_each(|node| *node = rest.next().unwrap_or(0) as u32);
        if n <= ALL {
            self.swap(&mut at);
        }
        let moves = |cell: usize| self.all[cell] - self.found[cell * n + at[cell] as usize];
        let total: u64 = (0..n).map(moves).sum();
        let time = |cell: usize| {
            let (problem, node) = (simulation.problem(), NodeId(at[cell]));
            let threads = problem.spec.nodes[at[cell] as usize].threads as u64;
            self.work[cell] / threads + 2 * problem.transfer(moves(cell), node, node)
        };
        let busiest = (0..n).map(time).max().unwrap_or(0);
        let estimate = match simulation.problem().spec.score {
            super::Score::Makespan => (busiest, total),
            super::Score::Net | super::Score::Reference => (total, busiest),
        };
        (estimate, at)
    }

    /// Exchanges the nodes of two cells while that saves anything.
    fn swap(&self, at: &mut [u32]) {
        let found = |cell: usize, node: u32| self.found[cell * self.n_nodes + node as usize];
        for _ in 0..4 {
            let mut changed = false;
            for a in 0..at.len() {
                for b in 0..a {
                    if found(a, at[b]) + found(b, at[a]) > found(a, at[a]) + found(b, at[b]) {
                        at.swap(a, b);
                        changed = true;
                    }
                }
            }
            if !changed {
                return;
            }
        }
    }
}
