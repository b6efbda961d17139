//! A sorting network: comparators that sort lanes of elements, or of sorted blocks, whatever is in them.
//!
//! Which lanes are compared does not depend on the data, so a network is a plan: of tasks that merge blocks (`tile/data`), and of
//! loops over vector registers that sort short lines (nums-runtime's `kernel/data/sort`).

/// The comparators of Batcher's odd-even merge sort for any number of lanes (Knuth 5.2.2, algorithm M). Every one sends the
/// lower part to the lower lane, so a last lane that is shorter may be thought filled with elements that never move.
pub fn network(lanes: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut p = lanes.next_power_of_two() / 2;
    let top = p;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            for i in 0..lanes - d {
                if i & p == r {
                    out.push((i, i + d));
                }
            }
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn the_network_sorts_every_pattern_of_zeros_and_ones() {
        for lanes in 2..=11 {
            let network = network(lanes);
            for bits in 0..1u32 << lanes {
                let mut line: Vec<u32> = (0..lanes).map(|i| bits >> i & 1).collect();
                for (a, b) in &network {
                    if line[*a] > line[*b] {
                        line.swap(*a, *b);
                    }
                }
                assert!(line.is_sorted(), "{lanes} lanes, {bits:b}");
            }
        }
    }
}
