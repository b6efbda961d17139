//! The ways of blocks from one worker to another: sockets and memory carry the same bits and are counted alike, and whichever
//! worker dies while its blocks are read changes no answer.
#![cfg(target_os = "linux")]

#[path = "fixture/graphs.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod graphs;

use graphs::{Builder, in_turn, submit};
use nums_ir::graph::NodeId;
use nums_runtime::block::Block;
use nums_runtime::error::Error;
use nums_runtime::memory::Memory;
use nums_runtime::pool::Pool;
use nums_runtime::wire::shared::{LARGE, Transport};

/// A pool whose blocks go this way; none where the system lets no process read another, which `shm` says.
fn pool(transport: Transport) -> Option<Pool> {
    match Pool::local_over(transport, 3, 1, Memory::boundless()) {
        Ok(pool) => Some(pool),
        Err(e @ Error::Unsupported { .. }) if transport == Transport::Shm => {
            assert!(e.to_string().contains("cannot be read from here"), "{e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// The sum of twelve blocks that lie in turn on three nodes, by a tree; then bytes of blocks that were pulled, and bytes that came in.
fn sum(pool: &Pool) -> (Vec<u64>, u64, u64) {
    let len = LARGE / 8 + 3;
    let element = |block: usize, i: usize| ((block * len + i) as f64).sqrt();
    let inputs: Vec<u64> = (0..12).map(|_| pool.reserve(1)).collect();
    for (block, id) in inputs.iter().enumerate() {
        let elements: Vec<f64> = (0..len).map(|i| element(block, i)).collect();
        pool.put(*id, NodeId(block as u32 % 3), Block::from_slice(&elements, &[len])).unwrap();
    }
    // Who answers has what was put; what came in until then does not count.
    let before: u64 = pool.stats().nodes.iter().map(|n| n.net_in).sum();
    let mut b = Builder::new();
    let x = b.input(12, len);
    let sum = b.tree(x);
    let graph = b.finish(&[sum]);
    let out = submit(pool, &graph, &in_turn(&graph, 3), &inputs, &[], sum).unwrap();
    let bits = pool.fetch(&out).unwrap()[0].as_slice::<f64>().iter().map(|x| x.to_bits()).collect();
    let nodes = pool.stats().nodes;
    (bits, nodes.iter().map(|n| n.pulled).sum(), nodes.iter().map(|n| n.net_in).sum::<u64>() - before)
}

#[test]
fn memory_carries_the_same_bits_as_sockets_and_is_counted_alike() {
    let over = |transport| {
        let pool = pool(transport)?;
        let found = sum(&pool);
        pool.finish().unwrap();
        Some(found)
    };
    let (bits, pulled, came) = over(Transport::Tcp).unwrap();
    assert!(pulled > 6 * LARGE as u64 && came > pulled, "{pulled} bytes were pulled, {came} came in");
    let (auto_bits, auto_pulled, _) = over(Transport::Auto).unwrap();
    assert_eq!((&auto_bits, auto_pulled), (&bits, pulled));
    if let Some((shm_bits, shm_pulled, came)) = over(Transport::Shm) {
        assert_eq!((shm_bits, shm_pulled), (bits, pulled));
        assert!(came < LARGE as u64, "{came} bytes came in over sockets, and no large block is to");
    }
}

#[test]
fn a_worker_that_dies_while_its_blocks_are_read_changes_no_answer() {
    for transport in [Transport::Tcp, Transport::Shm] {
        let Some(pool) = pool(transport) else { continue };
        let victim = pool.stats().nodes[2].pid;
        let len = LARGE / 4;
        let mut b = Builder::new();
        let a = b.fill(24, len);
        let sum = b.tree(a);
        let graph = b.finish(&[sum]);
        let placement = in_turn(&graph, 3);
        let calls: Vec<_> = (0..6).map(|_| submit(&pool, &graph, &placement, &[], &[1.0], sum).unwrap()).collect();
        pool.wait(&calls[0]).unwrap();
        assert!(std::process::Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap().success());
        let more = submit(&pool, &graph, &placement, &[], &[1.0], sum).unwrap();
        for out in calls.into_iter().chain([more]) {
            assert!(pool.fetch(&out).unwrap()[0].as_slice::<f64>().iter().all(|x| *x == 32.0));
        }
        pool.finish().expect("a loss that cost nothing is no failure");
    }
}
