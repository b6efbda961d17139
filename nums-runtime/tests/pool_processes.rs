//! The pool of worker processes: as many processes as nodes, blocks over sockets, a killed worker.

#[path = "fixture/graphs.rs"]
mod graphs;

use graphs::{Builder, in_turn, submit};
use nums_ir::graph::NodeId;
use nums_runtime::block::Block;
use nums_runtime::error::Error;
use nums_runtime::pool::Pool;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Whether a process is there and not a zombie.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}

fn pids(pool: &Pool) -> Vec<u32> {
    pool.stats().nodes.iter().map(|n| n.pid).collect()
}

fn kill(pid: u32) {
    signal("-9", pid);
}

fn signal(name: &str, pid: u32) {
    let status = std::process::Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn nodes_are_processes_and_blocks_go_from_one_to_the_other() {
    let pool = Pool::local(3, 1).unwrap();
    let pids = pids(&pool);
    let distinct: HashSet<u32> = pids.iter().copied().chain([std::process::id()]).collect();
    assert_eq!(distinct.len(), 4, "three workers and the driver");
    assert!(pids.iter().all(|&p| lives(p)));

    let mut b = Builder::new();
    let a = b.fill(64, 1000);
    let sum = b.tree(a);
    let graph = b.finish(&[a, sum]);
    let out = submit(&pool, &graph, &in_turn(&graph, 3), &[], &[0.25], sum).unwrap();
    assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [16.0; 1000]);
    let stats = pool.stats();
    assert_eq!(stats.nodes.iter().map(|n| n.tasks).sum::<u64>(), graph.tasks.len() as u64);
    for node in &stats.nodes {
        assert!(node.net_in > 8000 && node.net_out > 8000, "blocks went over sockets: {node:?}");
        assert_eq!(node.largest, 8000, "no block is larger than its grid says");
    }
    pool.finish().unwrap();
    assert!(!pids.iter().any(|&p| lives(p)), "no process is left behind");
}

#[test]
fn put_blocks_stay_where_they_are_put_and_are_freed() {
    let pool = Pool::local(2, 1).unwrap();
    let mut b = Builder::new();
    let x = b.input(4, 2);
    let twice = b.add(x, x);
    let graph = b.finish(&[twice]);
    let ids: Vec<u64> = (0..4).map(|_| pool.reserve(1)).collect();
    for (i, &id) in ids.iter().enumerate() {
        pool.put(id, NodeId((i % 2) as u32), Block::from_slice(&[i as f64, 1.0], &[2])).unwrap();
    }
    assert_eq!(ids.iter().map(|&id| pool.home(id).0).collect::<Vec<_>>(), [0, 1, 0, 1]);
    // All tasks on node 1: blocks 0 and 2 are pulled, once each although they are two operands.
    let mut placement = (*in_turn(&graph, 1)).clone();
    placement.tasks.fill(NodeId(1));
    let out = submit(&pool, &graph, &placement.into(), &ids, &[], twice).unwrap();
    let blocks = pool.fetch(&out).unwrap();
    for (i, block) in blocks.iter().enumerate() {
        assert_eq!(block.as_slice::<f64>(), [2.0 * i as f64, 2.0]);
    }
    let resident = |pool: &Pool| pool.stats().nodes.iter().map(|n| n.resident).collect::<Vec<_>>();
    assert_eq!(resident(&pool), [32, 32 + 64]);
    pool.release(ids);
    pool.release(out);
    assert_eq!(resident(&pool), [0, 0]);
    pool.finish().unwrap();
}

#[test]
fn a_failure_on_one_node_poisons_the_others() {
    let pool = Pool::local(2, 1).unwrap();
    let mut b = Builder::new();
    let a = b.fill(1, 1);
    let bad = b.solve(a);
    let sum = b.add(bad, bad);
    let graph = b.finish(&[sum]);
    let mut placement = (*in_turn(&graph, 1)).clone();
    placement.tasks = vec![NodeId(0), NodeId(1), NodeId(0)];
    let out = submit(&pool, &graph, &placement.into(), &[], &[0.0], sum).unwrap();
    let error = pool.wait(&out).unwrap_err();
    assert!(error.to_string().starts_with("f, call 1: solve at src/main.rs:9:5: "), "{error}");
    pool.finish().expect("the failure was read");
}

#[test]
fn a_killed_worker_costs_time_and_nothing_else() {
    let pool = Pool::local(2, 1).unwrap();
    let pids = pids(&pool);
    let mut b = Builder::new();
    let a = b.fill(32, 1000);
    let graph = b.finish(&[a]);
    let placement = in_turn(&graph, 2);
    let here = submit(&pool, &graph, &placement, &[], &[1.0], a).unwrap();
    pool.wait(&here).unwrap();
    let put = pool.reserve(1);
    pool.put(put, NodeId(1), Block::from_slice(&[2.5], &[1])).unwrap();
    let mut b = Builder::new();
    let x = b.input(32, 1000);
    let sum = b.tree(x);
    let graph = b.finish(&[sum]);
    let begin = Instant::now();
    kill(pids[1]);
    // Whether the driver has heard of it yet or not.
    let out = submit(&pool, &graph, &in_turn(&graph, 2), &here, &[], sum).unwrap();
    assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [32.0; 1000]);
    assert!(pool.fetch(&here).unwrap().iter().all(|b| b.as_slice::<f64>() == [1.0; 1000]));
    assert_eq!(pool.fetch(&[put]).unwrap()[0].as_slice::<f64>(), [2.5]);
    assert_eq!(pool.home(put), NodeId(0));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    // The last one: nothing can be had any more, and that is said at once.
    kill(pids[0]);
    let error = pool.fetch(&[here[0], out[0]]).unwrap_err();
    assert!(matches!(error, Error::WorkerLost { node: 0, .. }), "{error}");
    assert!(error.to_string().contains(&format!("worker n0 (process {})", pids[0])), "{error}");
    let _ = pool.finish();
    assert!(begin.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_worker_that_dies_in_the_middle_of_calls_changes_no_answer() {
    let pool = Pool::local(3, 1).unwrap();
    let pids = pids(&pool);
    let mut b = Builder::new();
    let a = b.fill(4000, 1);
    let sum = b.tree(a);
    let graph = b.finish(&[sum]);
    let placement = in_turn(&graph, 3);
    let calls: Vec<_> = (0..8).map(|_| submit(&pool, &graph, &placement, &[], &[1.0], sum).unwrap()).collect();
    kill(pids[2]);
    let more = submit(&pool, &graph, &placement, &[], &[1.0], sum).unwrap();
    for out in calls.into_iter().chain([more]) {
        assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [4096.0]);
    }
    pool.finish().expect("a loss that cost nothing is no failure");
}

#[test]
fn a_pool_that_is_dropped_leaves_no_process() {
    let pool = Pool::local(2, 2).unwrap();
    let pids = pids(&pool);
    assert!(pids.iter().all(|&p| lives(p)));
    drop(pool);
    assert!(!pids.iter().any(|&p| lives(p)));
}

#[test]
fn workers_outlive_the_thread_that_made_the_pool() {
    let pool = std::thread::spawn(|| Pool::local(1, 1).unwrap()).join().unwrap();
    let mut b = Builder::new();
    let a = b.fill(1, 1);
    let graph = b.finish(&[a]);
    let out = submit(&pool, &graph, &in_turn(&graph, 1), &[], &[2.0], a).unwrap();
    assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [2.0]);
    pool.finish().unwrap();
}

#[test]
fn kernels_are_told_once_and_run_everywhere() {
    let pool = Pool::local(2, 1).unwrap();
    let mut b = Builder::new();
    let a = b.fill(8, 5);
    let square = b.square(a);
    let graph = b.finish(&[square]);
    let placement = in_turn(&graph, 2);
    for i in 0..5u8 {
        let x = f64::from(i);
        let out = submit(&pool, &graph, &placement, &[], &[x], square).unwrap();
        for block in pool.fetch(&out).unwrap() {
            assert_eq!(block.as_slice::<f64>(), [x * x; 5]);
        }
    }
    let stats = pool.stats();
    assert_eq!(stats.nodes.iter().map(|n| n.native + n.interpreted).sum::<u64>(), 40);
    pool.finish().unwrap();
}

/// A process that was stopped keeps its connections: only missing signs of life give it away.
#[test]
fn a_stopped_worker_is_found_and_killed() {
    let pool = Pool::local(2, 1).unwrap();
    let pids = pids(&pool);
    let mut b = Builder::new();
    let a = b.fill(8, 100);
    let sum = b.tree(a);
    let graph = b.finish(&[sum]);
    let begin = Instant::now();
    signal("-STOP", pids[1]);
    let out = submit(&pool, &graph, &in_turn(&graph, 2), &[], &[1.0], sum).unwrap();
    assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [8.0; 100]);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    pool.finish().unwrap();
    assert!(!lives(pids[0]) && !lives(pids[1]));
}
