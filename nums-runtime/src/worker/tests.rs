//! Tables: inputs in, actions out, both as one line of text each.

use super::pulls::PULLS;
use super::{Action, Finished, Input, Worker};
use crate::block::Block;
use crate::wire::message::{Batch, BatchBlock, BatchTask, FromOwner, Origin, ToDriver, ToOwner, ToWorker, Work};
use nums_ir::diag::Loc;
use nums_ir::graph::{Arg, BlockId, NodeId, TaskOp};
use nums_ir::grid::Grid;
use nums_ir::ops::ReduceOp;
use std::sync::Arc;

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

/// Node 0 of three.
fn worker() -> Worker {
    Worker::new(NodeId(0), 50)
}

fn one() -> Block {
    Block::from_slice(&[1.0f64], &[1])
}

/// A batch of blocks and of tasks (operands, result), both by index into the blocks.
fn batch(serial: u64, blocks: &[(u64, u32, Origin)], tasks: &[(&[u32], u32)]) -> Input {
    let task = |(i, (args, out)): (usize, &(&[u32], u32))| BatchTask {
        seq: i as u32,
        op: TaskOp::Combine(ReduceOp::Sum),
        args: args.iter().map(|&a| Arg::Block(BlockId(a))).collect(),
        outs: vec![*out],
        place: (0, 1),
        loc: Loc { line: 3, column: 4, ..Loc::default() },
    };
    let batch = Batch {
        serial,
        call: "f".to_owned(),
        number: serial,
        file: "f.rs".to_owned(),
        code: crate::native::Code::default(),
        kernels: vec![],
        define: vec![],
        forget: false,
        scalars: vec![],
        blocks: blocks.iter().map(|&(id, uses, origin)| BatchBlock { id, bytes: 8, uses, origin }).collect(),
        work: Arc::new(Work {
            grids: vec![Grid::new(&[2], &[1])],
            subjects: vec![],
            tasks: tasks.iter().enumerate().map(task).collect(),
        }),
    };
    assert_eq!(batch.check(), Ok(()));
    Input::Driver(ToWorker::Tasks(batch))
}

fn text(action: &Action) -> String {
    match action {
        Action::Tell(ToDriver::Report(r)) => {
            let failures: Vec<String> = r.failures.iter().map(ToString::to_string).collect();
            format!("report {:?} {failures:?} {:?}", r.ended, r.poisoned)
        }
        Action::Tell(ToDriver::Ready(ids)) => format!("ready {ids:?}"),
        Action::Tell(ToDriver::Failed(_, id, f)) => format!("failed g{id} {}", f.why),
        Action::Tell(ToDriver::Inventory(epoch, held)) => format!("epoch {epoch} holds {held:?}"),
        Action::Tell(ToDriver::Unreachable(epoch, n)) => format!("epoch {epoch} cannot reach n{}", n.0),
        Action::Tell(ToDriver::Alive(_)) => "alive".to_owned(),
        Action::Tell(ToDriver::Trace(_) | ToDriver::Clock { .. }) => "trace".to_owned(),
        Action::Tell(ToDriver::Stats(ticket, s)) => format!("stats {ticket} tasks {} resident {}", s.tasks, s.resident),
        Action::Tell(ToDriver::Block(id, _)) => format!("block g{id}"),
        Action::Ask(n, ToOwner::Get { id, serial, uses, .. }) => format!("n{}: get g{id} x{uses} for {serial}", n.0),
        Action::Ask(n, ToOwner::Used { id, uses, .. }) => format!("n{}: used g{id} x{uses}", n.0),
        Action::Answer(n, FromOwner::Block(id, _)) => format!("n{}: block g{id}", n.0),
        Action::Answer(n, FromOwner::Failed(_, id, f)) => format!("n{}: failed g{id} {}", n.0, f.why),
        Action::Answer(n, FromOwner::Alive) => format!("n{}: alive", n.0),
        Action::Ask(n, said @ (ToOwner::Near | ToOwner::Read { .. })) => format!("n{}: {said:?}", n.0),
        Action::Answer(n, said @ (FromOwner::Lent(_) | FromOwner::Confirmed(_))) => format!("n{}: {said:?}", n.0),
        Action::Stop => "stop".to_owned(),
    }
}

#[track_caller]
fn check(worker: &mut Worker, input: Input, expected: &[&str]) {
    let actions: Vec<String> = worker.on(input).iter().map(text).collect();
    assert_eq!(actions, expected);
}

/// Takes the next job, which must have so many operands, and ends it.
#[track_caller]
fn run(worker: &mut Worker, operands: usize, result: Result<(), &str>, expected: &[&str]) {
    let job = worker.next_job().expect("a task is ready");
    assert_eq!(job.args.len(), operands);
    let result = result.map(|()| vec![Arc::new(one())]).map_err(str::to_owned);
    check(
        worker,
        Input::Finished(Finished { job: job.job, result, native: 0, interpreted: 0, micros: 0, over: vec![] }),
        expected,
    );
}

fn put(id: u64) -> Input {
    Input::Driver(ToWorker::Put(id, Arc::new(one())))
}

fn get(id: u64, serial: u64) -> ToOwner {
    ToOwner::Get { epoch: 0, id, serial, uses: 1 }
}

fn pulled(id: u64) -> Input {
    Input::Reply(N1, FromOwner::Block(id, Arc::new(one())))
}

use Origin::{From, Here, Made, MadeAndCopied, MadeAndKept};

#[test]
fn tasks_run_when_their_operands_are_there_and_blocks_go() {
    let mut w = worker();
    check(&mut w, put(1), &[]);
    let blocks = [(1, 2, Here), (10, 2, Made), (11, 0, MadeAndKept)];
    check(&mut w, batch(1, &blocks, &[(&[0, 0], 1), (&[1, 1], 2)]), &[]);
    check(&mut w, Input::Driver(ToWorker::Get(vec![11])), &[]);
    assert_eq!((w.n_ready(), w.n_blocks()), (1, 3));
    run(&mut w, 2, Ok(()), &[]);
    run(&mut w, 2, Ok(()), &["block g11", "report [(1, 2)] [] []"]);
    check(&mut w, Input::Driver(ToWorker::Watch(vec![11, 7])), &["failed g7 the block is not on this node", "ready [11]"]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![1, 11])), &[]);
    check(&mut w, Input::Driver(ToWorker::Stats(5)), &["stats 5 tasks 2 resident 0"]);
    assert_eq!(w.n_blocks(), 0);
}

#[test]
fn blocks_that_are_awaited_together_are_reported_once() {
    let mut w = worker();
    check(&mut w, batch(1, &[(10, 0, MadeAndKept), (11, 0, MadeAndKept)], &[(&[], 0), (&[], 1)]), &[]);
    check(&mut w, Input::Driver(ToWorker::Watch(vec![10, 11])), &[]);
    check(&mut w, Input::Driver(ToWorker::Watch(vec![10])), &[]);
    run(&mut w, 0, Ok(()), &["ready [10]"]);
    // Whoever let a handle go may not keep the others waiting.
    check(&mut w, Input::Driver(ToWorker::Release(vec![11])), &[]);
    run(&mut w, 0, Ok(()), &["ready [10, 11]", "report [(1, 2)] [] []"]);
    assert!(w.watches.is_empty());
    // So may who lets go of one that is made before those that stand before it.
    check(&mut w, batch(2, &[(21, 0, MadeAndKept), (20, 0, MadeAndKept)], &[(&[], 0), (&[], 1)]), &[]);
    check(&mut w, Input::Driver(ToWorker::Watch(vec![20, 21, 7])), &["failed g7 the block is not on this node"]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![21])), &[]);
    run(&mut w, 0, Ok(()), &[]);
    run(&mut w, 0, Ok(()), &["ready [20, 21]", "report [(2, 2)] [] []"]);
}

#[test]
fn a_thread_takes_several_small_tasks_where_others_find_enough() {
    let mut w = worker().with_threads(2);
    let blocks: Vec<_> = (0..64).map(|id| (id, 0, MadeAndKept)).collect();
    let tasks: Vec<(&[u32], u32)> = (0..64).map(|block| (&[][..], block)).collect();
    check(&mut w, batch(1, &blocks, &tasks), &[]);
    let mut takes = |several| {
        let mut jobs = Vec::new();
        w.next_jobs(several, &mut jobs);
        jobs.len()
    };
    assert_eq!((takes(false), takes(true), takes(true), takes(true)), (1, 16, 16, 1));
}

#[test]
fn the_lowest_call_and_sequence_starts_first() {
    let mut w = worker();
    check(&mut w, batch(2, &[(20, 0, MadeAndKept)], &[(&[], 0)]), &[]);
    check(&mut w, batch(1, &[(10, 0, MadeAndKept), (11, 0, MadeAndKept)], &[(&[], 0), (&[], 1)]), &[]);
    run(&mut w, 0, Ok(()), &[]);
    run(&mut w, 0, Ok(()), &[]);
    assert!(w.store.content(10).is_some() && w.store.content(11).is_some() && w.store.content(20).is_none());
    run(&mut w, 0, Ok(()), &["report [(1, 2), (2, 1)] [] []"]);
}

#[test]
fn one_pull_serves_all_tasks_and_a_second_call_shares_it() {
    let mut w = worker();
    let first = [(1, 2, From(N1)), (10, 0, MadeAndKept), (11, 0, MadeAndKept)];
    check(&mut w, batch(1, &first, &[(&[0], 1), (&[0], 2)]), &["n1: get g1 x1 for 1"]);
    check(&mut w, batch(2, &[(1, 1, From(N1)), (20, 0, MadeAndKept)], &[(&[0], 1)]), &["n1: used g1 x1"]);
    check(&mut w, pulled(1), &[]);
    check(&mut w, pulled(1), &[]);
    assert_eq!(w.n_ready(), 3);
    run(&mut w, 1, Ok(()), &[]);
    run(&mut w, 1, Ok(()), &[]);
    run(&mut w, 1, Ok(()), &["report [(1, 2), (2, 1)] [] []"]);
    assert_eq!(w.n_blocks(), 3, "the copy is gone");
    check(&mut w, batch(3, &[(1, 1, From(N1)), (30, 0, MadeAndKept)], &[(&[0], 1)]), &["n1: get g1 x1 for 3"]);
}

#[test]
fn pulls_are_bounded_and_asked_for_in_order() {
    let mut w = worker();
    let n = PULLS as u32 + 2;
    let mut blocks: Vec<_> = (0..n).map(|i| (u64::from(i), 1, From(N1))).collect();
    blocks.push((1000, 0, MadeAndKept));
    let all: Vec<u32> = (0..n).collect();
    let actions = w.on(batch(1, &blocks, &[(&all, n)]));
    assert_eq!(actions.len(), PULLS);
    // The second call of a block that is not asked for yet is asked for with it.
    let last = u64::from(n) - 1;
    check(&mut w, batch(2, &[(last, 1, From(N1)), (2000, 0, MadeAndKept)], &[(&[0], 1)]), &[]);
    check(&mut w, pulled(0), &["n1: get g64 x1 for 1"]);
    check(&mut w, pulled(1), &["n1: get g65 x2 for 1"]);
    check(&mut w, pulled(2), &[]);
}

/// Of large blocks no more come than those of the tasks whose turn is next, whichever of them are done first.
#[test]
fn large_blocks_are_fetched_when_their_turn_is_near() {
    let mut w = worker();
    let n = 6;
    let mut blocks: Vec<_> = (0..n).map(|i| (i, 1, From(N1))).collect();
    blocks.extend((0..n).map(|i| (100 + i, 0, MadeAndKept)));
    let operands: Vec<[u32; 1]> = (0..n as u32).map(|i| [i]).collect();
    let tasks: Vec<(&[u32], u32)> = operands.iter().map(|a| (&a[..], a[0] + n as u32)).collect();
    let Input::Driver(ToWorker::Tasks(mut large)) = batch(1, &blocks, &tasks) else { unreachable!("a batch") };
    large.blocks.iter_mut().for_each(|b| b.bytes = 8 << 20);
    let asked = ["n1: get g0 x1 for 1", "n1: get g1 x1 for 1", "n1: get g2 x1 for 1"];
    check(&mut w, Input::Driver(ToWorker::Tasks(large)), &asked);
    check(&mut w, pulled(1), &[]);
    // The second task is done, and the first still waits.
    run(&mut w, 1, Ok(()), &["report [(1, 1)] [] []"]);
    check(&mut w, pulled(0), &[]);
    run(&mut w, 1, Ok(()), &["n1: get g3 x1 for 1", "n1: get g4 x1 for 1", "report [(1, 1)] [] []"]);
}

#[test]
fn another_node_is_answered_when_the_block_is_there() {
    let mut w = worker();
    // The request overtakes the batch.
    check(&mut w, Input::Request(N1, get(10, 1)), &[]);
    check(&mut w, batch(1, &[(10, 2, Made)], &[(&[], 0)]), &[]);
    run(&mut w, 0, Ok(()), &["n1: block g10", "report [(1, 1)] [] []"]);
    assert_eq!(w.n_blocks(), 1, "one more use was announced");
    check(&mut w, Input::Request(N2, ToOwner::Used { epoch: 0, id: 10, uses: 1 }), &[]);
    assert_eq!(w.n_blocks(), 0);
    check(&mut w, Input::Request(N1, get(10, 1)), &["n1: failed g10 the block is not on this node"]);
}

#[test]
fn a_failure_passes_through_tasks_and_nodes() {
    let mut w = worker();
    let blocks = [(10, 2, Made), (11, 1, Made), (12, 0, MadeAndKept)];
    check(&mut w, batch(1, &blocks, &[(&[], 0), (&[0], 1), (&[1], 2)]), &[]);
    check(&mut w, Input::Driver(ToWorker::Get(vec![12])), &[]);
    let said = r#"report [(1, 3)] ["f, call 1: sum at f.rs:3:4: broken, block (1), 1"] [(12, 0)]"#;
    run(&mut w, 0, Err("broken"), &["failed g12 broken", said]);
    check(&mut w, Input::Request(N1, get(10, 1)), &["n1: failed g10 broken"]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![12])), &[]);
    assert_eq!(w.n_blocks(), 0);
}

#[test]
fn a_failure_that_is_pulled_is_not_run() {
    let mut w = worker();
    check(&mut w, batch(1, &[(1, 1, From(N1)), (10, 0, MadeAndKept)], &[(&[0], 1)]), &["n1: get g1 x1 for 1"]);
    let failure = super::nowhere(N1, 1, "broken");
    let said = r#"report [(1, 1)] ["cluster, call 0: block g1 at n1:0:0: broken, block (), 0-d"] [(10, 0)]"#;
    check(&mut w, Input::Reply(N1, FromOwner::Failed(0, 1, failure)), &[said]);
    assert_eq!(w.n_ready(), 0);
}

#[test]
fn an_epoch_forgets_what_is_unfinished_and_keeps_what_has_a_name() {
    let mut w = worker();
    check(&mut w, put(1), &[]);
    let blocks = [(1, 3, Here), (10, 2, Made), (11, 0, MadeAndKept), (12, 0, MadeAndKept), (2, 1, From(N2))];
    let tasks: [(&[u32], u32); 3] = [(&[0], 1), (&[0, 1], 2), (&[1, 4], 3)];
    check(&mut w, batch(1, &blocks, &tasks), &["n2: get g2 x1 for 1"]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![1])), &[]);
    run(&mut w, 1, Ok(()), &[]);
    let late = w.next_job().expect("a task is ready").job;
    check(&mut w, Input::Unreachable(N2), &["epoch 0 cannot reach n2"]);
    // A block that the user has released but that was still needed may be needed again.
    check(&mut w, Input::Driver(ToWorker::Epoch(1)), &["epoch 1 holds [1]"]);
    assert_eq!((w.n_blocks(), w.n_ready(), w.stats().resident), (1, 0, 8));
    // The new epoch's task is not mistaken for the one that still runs.
    check(&mut w, batch(2, &[(1, 1, Here), (11, 0, MadeAndKept)], &[(&[0], 1)]), &[]);
    check(
        &mut w,
        Input::Finished(Finished {
            job: late,
            result: Ok(vec![Arc::new(one())]),
            native: 0,
            interpreted: 0,
            micros: 0,
            over: vec![],
        }),
        &[],
    );
    assert!(w.store.content(11).is_none());
    check(&mut w, Input::Request(N2, get(11, 1)), &[]);
    check(&mut w, Input::Reply(N2, FromOwner::Block(2, Arc::new(one()))), &[]);
    run(&mut w, 1, Ok(()), &["report [(2, 1)] [] []"]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![1, 11])), &[]);
    assert_eq!(w.n_blocks(), 0);
}

#[test]
fn a_copy_goes_to_the_driver_when_the_block_is_made() {
    let mut w = worker();
    check(&mut w, batch(1, &[(10, 0, MadeAndCopied), (11, 0, MadeAndCopied)], &[(&[], 0), (&[], 1)]), &[]);
    check(&mut w, Input::Driver(ToWorker::Release(vec![10])), &[]);
    run(&mut w, 0, Ok(()), &["block g10"]);
    let said = r#"report [(1, 2)] ["f, call 1: sum at f.rs:3:4: broken, block (1), 1"] [(11, 0)]"#;
    run(&mut w, 0, Err("broken"), &[said]);
    assert_eq!(w.n_blocks(), 1);
}

#[test]
fn a_job_that_makes_too_few_blocks_is_a_failure() {
    let mut w = worker();
    check(&mut w, batch(1, &[(10, 0, MadeAndKept)], &[(&[], 0)]), &[]);
    let job = w.next_job().expect("a task is ready").job;
    let actions = w.on(Input::Finished(Finished { job, result: Ok(vec![]), native: 0, interpreted: 0, micros: 0, over: vec![] }));
    assert!(text(&actions[0]).contains("made 0 blocks instead of 1"));
}

#[test]
fn a_batch_with_a_wrong_index_is_refused() {
    let good = || {
        let Input::Driver(ToWorker::Tasks(b)) = batch(1, &[(1, 1, Here), (10, 0, Made)], &[(&[0], 1)]) else { panic!() };
        b
    };
    let refused = |change: fn(&mut BatchTask), why: &str| {
        let mut b = good();
        change(&mut Arc::get_mut(&mut b.work).unwrap().tasks[0]);
        assert_eq!(b.check(), Err(why.to_owned()));
    };
    refused(|t| t.outs = vec![0], "task 0 of `f`: a result is not a block that is made here");
    refused(|t| t.outs = vec![], "task 0 of `f`: a result is not a block that is made here");
    refused(|t| t.args = vec![Arg::Block(BlockId(2))], "task 0 of `f`: an operand does not exist");
    refused(|t| t.args = vec![Arg::Scalar(0)], "task 0 of `f`: an operand does not exist");
    refused(|t| t.op = TaskOp::Kernel(0), "task 0 of `f`: the kernel does not exist");
    refused(|t| t.place = (0, 2), "task 0 of `f`: the block has no place in its array");
    refused(|t| t.place = (1, 0), "task 0 of `f`: the block has no place in its array");
}
