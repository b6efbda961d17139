//! Homes of blocks: which node a block of an array lives on.
//!
//! Nodes stand in a grid (`NodeGrid`), one axis for an axis of the array. *Packed*: block `i` of `n` along an axis lives at about `i / n`
//! of the nodes along it, in contiguous runs, so that arrays of one length are cut and homed alike; runs snap to the subtrees
//! of the combining trees (a range splits at ⌈n/2⌉) where that moves the border by at most 1/8 of the range, so a reduction
//! over k nodes, k a power of two, moves k - 1 partial results. *Cyclic*: block `i` lives at `i` modulo the nodes along the
//! axis, as in the paper. The default is packed on the node grid whose patches have the least circumference.

use nums_ir::graph::NodeId;
use nums_ir::grid::Grid;

/// How the blocks of an array are dealt to nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Contiguous runs on a node grid.
    Packed(Vec<usize>),
    /// In turn on a node grid.
    Cyclic(Vec<usize>),
    /// Contiguous runs, in C order of all blocks, on so many nodes.
    Runs(usize),
}

impl Layout {
    /// The layout of an array where nobody says otherwise: packed on the node grid that `node_grid` finds, in runs if there is
    /// none.
    pub fn default_for(grid: &Grid, n_nodes: usize) -> Layout {
        node_grid(&grid.dims(), n_nodes).map_or(Layout::Runs(n_nodes), Layout::Packed)
    }

    /// How many nodes it is for.
    pub fn nodes(&self) -> usize {
        match self {
            Layout::Packed(nodes) | Layout::Cyclic(nodes) => nodes.iter().product(),
            Layout::Runs(n) => *n,
        }
    }

    /// The node of each block, in C order. Node grids of fewer axes than the array have 1 for the others; axes beyond the
    /// array's are not used.
    pub fn homes(&self, grid: &Grid) -> Vec<NodeId> {
        let along = |axis: usize, nodes: &[usize]| nodes.get(axis).copied().unwrap_or(1).max(1);
        let (nodes, cells): (_, Vec<Vec<u32>>) = match self {
            Layout::Runs(n) => return packed(grid.n_blocks(), *n).into_iter().map(NodeId).collect(),
            Layout::Packed(nodes) => (nodes, (0..grid.rank()).map(|axis| packed(grid.parts(axis), along(axis, nodes))).collect()),
            Layout::Cyclic(nodes) => {
                let turn = |axis| (0..grid.parts(axis)).map(|i| (i % along(axis, nodes)) as u32).collect();
                (nodes, (0..grid.rank()).map(turn).collect())
            }
        };
        let node = |at: Vec<usize>| {
            let cell = |axis: usize| at.get(axis).map_or(0, |i| cells[axis][*i]);
            nodes.iter().enumerate().fold(0, |n, (axis, size)| n * *size as u32 + cell(axis))
        };
        (0..grid.n_blocks()).map(|i| NodeId(node(grid.coords(i)))).collect()
    }
}

/// The nodes of the blocks of an array where nobody says otherwise.
pub fn homes(grid: &Grid, n_nodes: usize) -> Vec<NodeId> {
    Layout::default_for(grid, n_nodes).homes(grid)
}

/// A grid of exactly `n_nodes` nodes for an array of so many blocks an axis: no axis has more nodes than blocks, and the patch
/// of blocks of a node has the least circumference, since an operation on the array needs the rows and columns that its patch
/// lies in. There may be none.
pub fn node_grid(dims: &[usize], n_nodes: usize) -> Option<Vec<usize>> {
    let fits = |grid: &Vec<usize>| grid.iter().zip(dims).all(|(n, d)| n <= d);
    let edges = |grid: &Vec<usize>| -> usize { dims.iter().zip(grid).map(|(d, n)| d.div_ceil(*n)).sum() };
    factorizations(n_nodes.max(1), dims.len()).into_iter().filter(fits).min_by_key(edges)
}

/// All ways to write `n` as a product of so many factors, the first factor largest first.
pub(super) fn factorizations(n: usize, factors: usize) -> Vec<Vec<usize>> {
    if factors == 0 {
        return if n == 1 { vec![vec![]] } else { vec![] };
    }
    let mut out = Vec::new();
    for first in (1..=n).rev().filter(|f| n.is_multiple_of(*f)) {
        for rest in factorizations(n / first, factors - 1) {
            out.push([&[first][..], &rest].concat());
        }
    }
    out
}

/// Contiguous runs of `n_blocks` on `n_nodes`.
fn packed(n_blocks: usize, n_nodes: usize) -> Vec<u32> {
    let mut out = vec![0; n_blocks];
    assign(&mut out, 0, n_nodes.max(1));
    out
}

fn assign(blocks: &mut [u32], first: usize, nodes: usize) {
    if nodes == 1 || blocks.is_empty() {
        blocks.fill(first as u32);
        return;
    }
    let (n, left) = (blocks.len(), nodes.div_ceil(2));
    let ideal = (n * left).div_ceil(nodes);
    let subtree = n.div_ceil(2);
    let border = if ideal.abs_diff(subtree) * 8 <= n { subtree } else { ideal };
    let (low, high) = blocks.split_at_mut(border.min(n));
    assign(low, first, left);
    assign(high, first + left, nodes - left);
}

#[cfg(test)]
mod tests {
    use super::{Layout, node_grid, packed};
    use nums_ir::grid::Grid;

    fn check(n_blocks: usize, n_nodes: usize, want: &[u32]) {
        assert_eq!(packed(n_blocks, n_nodes), want, "{n_blocks} blocks on {n_nodes} nodes");
    }

    #[test]
    fn runs_are_contiguous_and_snap_to_subtrees() {
        check(8, 4, &[0, 0, 1, 1, 2, 2, 3, 3]);
        check(5, 2, &[0, 0, 0, 1, 1]);
        check(1, 4, &[0]);
        check(6, 3, &[0, 0, 1, 1, 2, 2]);
        check(3, 1, &[0, 0, 0]);
    }

    #[test]
    fn a_node_grid_has_square_patches() {
        let check = |dims: &[usize], nodes: usize, want: &[usize]| {
            assert_eq!(node_grid(dims, nodes), (!want.is_empty()).then(|| want.to_vec()), "{dims:?} on {nodes}");
        };
        check(&[64, 1], 16, &[16, 1]);
        check(&[8, 8], 16, &[4, 4]);
        check(&[4, 4], 4, &[2, 2]);
        check(&[16, 4], 4, &[4, 1]);
        check(&[4, 16], 8, &[2, 4]);
        check(&[2, 2], 16, &[]);
        check(&[], 4, &[]);
    }

    #[test]
    fn cyclic_deals_in_turn_and_packed_in_runs() {
        let grid = Grid::new(&[4, 4], &[1, 1]);
        let nodes = |layout: Layout| -> Vec<u32> { layout.homes(&grid).iter().map(|n| n.0).collect() };
        assert_eq!(nodes(Layout::Cyclic(vec![2, 2])), [0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3]);
        assert_eq!(nodes(Layout::Packed(vec![2, 2])), [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]);
        assert_eq!(nodes(Layout::Cyclic(vec![4])), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    }
}
