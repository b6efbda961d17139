//! Homes of blocks: by fractional position, in contiguous runs.
//!
//! Block `i` of `n` lives at about `i / n` of the nodes, so that arrays of one length are cut and homed alike. Runs snap to the
//! subtrees of the combining trees (a range splits at ⌈n/2⌉) where that moves the border by at most 1/8 of the range: then a
//! reduction over k nodes, k a power of two, moves k - 1 partial results.

use nums_ir::graph::NodeId;

/// The node of each of `n_blocks` blocks.
pub fn homes(n_blocks: usize, n_nodes: usize) -> Vec<NodeId> {
    let mut out = vec![NodeId(0); n_blocks];
    assign(&mut out, 0, n_nodes.max(1));
    out
}

fn assign(blocks: &mut [NodeId], first: usize, nodes: usize) {
    if nodes == 1 || blocks.is_empty() {
        blocks.fill(NodeId(first as u32));
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
    use super::homes;

    fn check(n_blocks: usize, n_nodes: usize, want: &[u32]) {
        let nodes: Vec<u32> = homes(n_blocks, n_nodes).iter().map(|n| n.0).collect();
        assert_eq!(nodes, want, "{n_blocks} blocks on {n_nodes} nodes");
    }

    #[test]
    fn runs_are_contiguous_and_snap_to_subtrees() {
        check(8, 4, &[0, 0, 1, 1, 2, 2, 3, 3]);
        check(5, 2, &[0, 0, 0, 1, 1]);
        check(1, 4, &[0]);
        check(6, 3, &[0, 0, 1, 1, 2, 2]);
        check(3, 1, &[0, 0, 0]);
    }
}
