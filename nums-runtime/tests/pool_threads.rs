//! The pool of threads: results, bounds, failures, and nothing left over.

#[path = "fixture/graphs.rs"]
mod graphs;

use graphs::{Builder, in_turn, submit};
use nums_ir::graph::NodeId;
use nums_runtime::block::Block;
use nums_runtime::error::Error;
use nums_runtime::pool::Pool;

fn resident(pool: &Pool) -> u64 {
    pool.stats().nodes.iter().map(|n| n.resident).sum()
}

#[test]
fn a_tree_sums_what_was_filled() {
    let pool = Pool::threads(2).unwrap();
    let mut b = Builder::new();
    let a = b.fill(100, 3);
    let sum = b.tree(a);
    let graph = b.finish(&[sum]);
    let out = submit(&pool, &graph, &in_turn(&graph, 1), &[], &[0.5], sum).unwrap();
    // An odd level adds its last block to itself: 100, 50, 25, then 13, 7, 4, 2, 1.
    let block = &pool.fetch(&out).unwrap()[0];
    assert_eq!(block.as_slice::<f64>(), [64.0; 3]);
    assert_eq!(pool.stats().nodes[0].tasks, graph.tasks.len() as u64);
    assert_eq!(resident(&pool), 24, "only the result is left");
    pool.release(out);
    assert_eq!(resident(&pool), 0);
    pool.finish().unwrap();
}

#[test]
fn calls_use_results_of_calls_and_put_blocks() {
    let pool = Pool::threads(2).unwrap();
    let mut b = Builder::new();
    let x = b.input(2, 2);
    let sum = b.add(x, x);
    let graph = b.finish(&[sum]);
    let placement = in_turn(&graph, 1);
    let mut ids: Vec<u64> = (0..2).map(|_| pool.reserve(1)).collect();
    for &id in &ids {
        pool.put(id, NodeId(0), Block::from_slice(&[1.0f64, id as f64], &[2])).unwrap();
    }
    let start = ids.clone();
    for _ in 0..100 {
        let next = submit(&pool, &graph, &placement, &ids, &[], sum).unwrap();
        pool.release(std::mem::replace(&mut ids, next));
        if ids[0].is_multiple_of(9) {
            pool.wait(&ids).unwrap();
        }
    }
    let blocks = pool.fetch(&ids).unwrap();
    let factor = 2f64.powi(100);
    assert_eq!(blocks[1].as_slice::<f64>(), [factor, start[1] as f64 * factor]);
    assert_eq!(resident(&pool), 32, "blocks of earlier rounds are gone");
    assert_eq!(pool.home(ids[0]), NodeId(0));
    pool.finish().unwrap();
}

#[test]
fn more_calls_than_the_bound_wait_and_go_on() {
    let pool = Pool::threads(1).unwrap();
    let mut b = Builder::new();
    let a = b.fill(4, 1);
    let sum = b.tree(a);
    let graph = b.finish(&[sum]);
    let placement = in_turn(&graph, 1);
    let ids: Vec<u64> = (0..500).flat_map(|i| submit(&pool, &graph, &placement, &[], &[f64::from(i)], sum).unwrap()).collect();
    for (i, block) in pool.fetch(&ids).unwrap().iter().enumerate() {
        assert_eq!(block.as_slice::<f64>(), [4.0 * i as f64]);
    }
}

#[test]
fn a_failed_task_poisons_what_depends_on_it() {
    let pool = Pool::threads(2).unwrap();
    let mut b = Builder::new();
    let a = b.fill(2, 1);
    let bad = b.solve(a);
    let sum = b.add(bad, bad);
    let good = b.tree(a);
    let graph = b.finish(&[sum, good]);
    let placement = in_turn(&graph, 1);
    let out = submit(&pool, &graph, &placement, &[], &[0.0], sum).unwrap();
    let error = pool.fetch(&out).unwrap_err();
    let Error::Task(failure) = &error else { panic!("{error}") };
    assert_eq!((failure.op.as_str(), failure.loc.line, failure.block.as_slice()), ("solve", 9, &[0][..]));
    assert!(error.to_string().starts_with("f, call 1: solve at src/main.rs:9:5: "), "{error}");

    let mut b = Builder::new();
    let x = b.input(1, 1);
    let twice = b.add(x, x);
    let dependent = b.finish(&[twice]);
    let error = submit(&pool, &dependent, &in_turn(&dependent, 1), &out, &[], twice).unwrap_err();
    assert!(matches!(error, Error::Task(_)), "a dependent call returns the failure: {error}");
    pool.finish().expect("the failure was read");
    assert!(matches!(pool.fetch(&out), Err(Error::Closed)));
}

#[test]
fn a_failure_that_nobody_read_is_what_finish_returns() {
    let pool = Pool::threads(2).unwrap();
    let mut b = Builder::new();
    let a = b.fill(1, 1);
    let bad = b.solve(a);
    let graph = b.finish(&[bad]);
    submit(&pool, &graph, &in_turn(&graph, 1), &[], &[0.0], bad).unwrap();
    assert!(matches!(pool.finish(), Err(Error::Task(_))));
}

#[test]
fn a_call_that_does_not_fit_is_refused() {
    let pool = Pool::threads(1).unwrap();
    let mut b = Builder::new();
    let x = b.input(1, 1);
    let twice = b.add(x, x);
    let graph = b.finish(&[twice]);
    let unknown = submit(&pool, &graph, &in_turn(&graph, 1), &[77], &[], twice).unwrap_err();
    assert_eq!(unknown.to_string(), "protocol error: block g77 does not live on this cluster");
    pool.put(5, NodeId(0), Block::from_slice(&[1.0f64], &[1])).unwrap();
    let nowhere = submit(&pool, &graph, &in_turn(&graph, 7), &[5, 5], &[], twice).unwrap_err();
    assert!(matches!(nowhere, Error::Protocol { .. }), "{nowhere}");
    assert!(pool.put(6, NodeId(3), Block::from_slice(&[1.0f64], &[1])).is_err());
}

#[test]
fn it_works_inside_an_async_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let pool = Pool::threads(1).unwrap();
        let mut b = Builder::new();
        let a = b.fill(1, 1);
        let graph = b.finish(&[a]);
        let out = submit(&pool, &graph, &in_turn(&graph, 1), &[], &[2.0], a).unwrap();
        assert_eq!(pool.fetch(&out).unwrap()[0].as_slice::<f64>(), [2.0]);
    });
}

#[test]
fn kernels_are_told_once_and_run_everywhere() {
    let pool = Pool::threads(2).unwrap();
    let mut b = Builder::new();
    let a = b.fill(8, 5);
    let square = b.square(a);
    let graph = b.finish(&[square]);
    let placement = in_turn(&graph, 1);
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
