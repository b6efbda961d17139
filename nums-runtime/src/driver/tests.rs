//! Tables: events in, actions out, both as one line of text each.

use super::{Action, CALLS, Driver, Event, Reply};
use crate::block::Block;
use crate::error::{Error, Failure};
use crate::native::Isa;
use crate::pool::{Call, Copy, Source};
use crate::wire::message::{Batch, Origin, Peer, Report, ToDriver, ToWorker};
use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, GraphOutput, NodeId, Placement, Task, TaskOp};
use nums_ir::grid::Grid;
use nums_ir::ops::ReduceOp;
use std::sync::Arc;

mod layout;
mod pace;

/// Node 0 has process 50, node 1 process 51. Results are not copied.
fn driver() -> Driver {
    let mut driver = Driver::new(&[50, 51], true);
    driver.copy_results(0, 64);
    driver
}

fn one() -> Arc<Block> {
    Arc::new(Block::from_slice(&[1.0f64], &[1]))
}

fn here() -> Option<Copy> {
    Some(Copy::Here(one()))
}

fn array(blocks: usize, first: u32) -> GraphArray {
    let grid = Grid::new(&[blocks], &[1]);
    GraphArray { name: "a".to_owned(), dtype: DType::F64, grid, first: BlockId(first), loc: Loc::default() }
}

/// `y = x[0] + x[1]` on node 0, `z = y + x[1]` on node 1; `z` is the result. Inputs are g1 and g2, `first` is `y`.
fn call(number: u64, first: u64) -> Box<Call> {
    let add = |a, b, out| Task {
        op: TaskOp::Combine(ReduceOp::Sum),
        args: vec![Arg::Block(BlockId(a)), Arg::Block(BlockId(b))],
        outs: vec![BlockId(out)],
        loc: Loc::default(),
    };
    let graph = Graph {
        reads: vec![],
        notes: vec![],
        name: "f".to_owned(),
        kernels: vec![],
        arrays: vec![array(2, 0), array(1, 2), array(1, 3)],
        inputs: vec![ArrayId(0)],
        scalars: vec![],
        outputs: vec![GraphOutput { array: ArrayId(2), weak: false }],
        tasks: vec![add(0, 1, 2), add(2, 1, 3)],
    };
    let placement =
        Placement { policy: String::new(), tasks: vec![NodeId(0), NodeId(1)], homes: vec![], loads: vec![], copies: vec![] };
    let (graph, placement) = (Arc::new(graph), Arc::new(placement));
    Box::new(Call {
        name: "f".to_owned(),
        number,
        file: "f.rs".to_owned(),
        graph,
        placement,
        inputs: vec![1, 2],
        scalars: vec![],
        first,
    })
}

fn failure(number: u64) -> Failure {
    let (call, file, op, why) = ("f".to_owned(), "f.rs".to_owned(), "sum".to_owned(), "broken".to_owned());
    Failure { call, number, file, loc: Loc::default(), op, why, block: vec![0], shape: vec![1], shortage: None }
}

fn report(ended: &[(u64, u32)], failed: &[(u64, u64)]) -> ToDriver {
    let poisoned = failed.iter().enumerate().map(|(i, (id, _))| (*id, i as u32)).collect();
    ToDriver::Report(Report {
        epoch: 0,
        ended: ended.to_vec(),
        failures: failed.iter().map(|f| failure(f.1)).collect(),
        poisoned,
        ..Report::default()
    })
}

fn batch_text(batch: &Batch) -> String {
    let blocks = batch.blocks.iter().map(|b| {
        let origin = match b.origin {
            Origin::Made => "made".to_owned(),
            Origin::MadeAndKept => "kept".to_owned(),
            Origin::MadeAndCopied => "copied".to_owned(),
            Origin::Here => "here".to_owned(),
            Origin::From(node) => format!("from n{}", node.0),
        };
        format!("g{} {origin} x{}", b.id, b.uses)
    });
    let blocks: Vec<String> = blocks.collect();
    format!("batch {} of {} tasks: {}", batch.serial, batch.work.tasks.len(), blocks.join(", "))
}

fn text(action: &Action) -> String {
    match action {
        Action::Send(node, message) => {
            let message = match message {
                ToWorker::Tasks(batch) => batch_text(batch),
                ToWorker::Get(ids) => format!("get {ids:?}"),
                ToWorker::Watch(ids) => format!("watch {ids:?}"),
                ToWorker::Release(ids) => format!("release {ids:?}"),
                ToWorker::Epoch(epoch) => format!("epoch {epoch}"),
                ToWorker::Stats(ticket) => format!("stats {ticket}"),
                ToWorker::Sever(node) => format!("sever n{}", node.0),
                ToWorker::Peer(peer) => format!("peer n{}", peer.node.0),
                ToWorker::Shutdown => "shutdown".to_owned(),
                ToWorker::Clock(_) => "clock".to_owned(),
                ToWorker::Put(id, _) => format!("put g{id}"),
            };
            format!("n{}: {message}", node.0)
        }
        Action::Read(epoch, blocks) => {
            format!("read {:?} for epoch {epoch}", blocks.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        }
        Action::Keep(id, _) => format!("keep g{id}"),
        Action::GiveUp(node) => format!("give up n{}", node.0),
        Action::Answer(ticket, Ok(Reply::Done)) => format!("{ticket}: done"),
        Action::Answer(ticket, Ok(Reply::Blocks(blocks))) => format!("{ticket}: {} blocks", blocks.len()),
        Action::Answer(ticket, Ok(Reply::Stats(stats))) => format!("{ticket}: stats of {}", stats.len()),
        Action::Answer(ticket, Err(error)) => format!("{ticket}: {error}"),
    }
}

#[track_caller]
fn check(driver: &mut Driver, event: Event, expected: &[&str]) {
    let actions: Vec<String> = driver.on(event).iter().map(text).collect();
    assert_eq!(actions, expected);
}

/// With g1 on node 0 and g2 on node 1.
fn with_inputs() -> Driver {
    let mut driver = driver();
    check(&mut driver, Event::Put(1, 1, NodeId(0), one(), here()), &["n0: put g1", "1: done"]);
    check(&mut driver, Event::Put(2, 2, NodeId(1), one(), here()), &["n1: put g2", "2: done"]);
    driver
}

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);

#[test]
fn a_call_is_one_batch_a_node_with_uses_counted() {
    let mut d = with_inputs();
    let submitted = [
        // g2 is pulled to node 0 once; g10 is used by node 1's pull.
        "n0: batch 1 of 1 tasks: g1 here x1, g2 from n1 x1, g10 made x1",
        // g2 is used here and by node 0's pull.
        "n1: batch 1 of 1 tasks: g10 from n0 x1, g2 here x2, g11 kept x0",
        "3: done",
    ];
    check(&mut d, Event::Submit(3, call(1, 10)), &submitted);
    assert_eq!((d.home(11), d.home(10), d.n_unfinished()), (Some(N1), None, 1));
    check(&mut d, Event::Fetch(4, vec![11, 11]), &["n1: get [11]"]);
    check(&mut d, Event::Fetch(5, vec![11]), &[]);
    check(&mut d, Event::Wait(6, vec![11]), &["n1: watch [11]"]);
    check(&mut d, Event::From(N1, ToDriver::Block(11, one())), &["4: 2 blocks", "5: 1 blocks"]);
    assert_eq!(d.state(&[11]), super::State::Pending);
    check(&mut d, Event::From(N1, ToDriver::Ready(vec![11])), &["6: done"]);
    // The call has not ended yet, but whoever waited for its result knows that it is there.
    assert_eq!((d.state(&[11]), d.n_unfinished()), (super::State::Ready, 1));
    check(&mut d, Event::Finish(7), &[]);
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[])), &["7: done"]);
    check(&mut d, Event::Release(vec![11, 1, 99]), &["n0: release [1]", "n1: release [11]"]);
}

#[test]
fn an_owner_without_a_task_hears_of_the_pull() {
    let mut d = with_inputs();
    let mut call = call(1, 10);
    Arc::make_mut(&mut call.placement).tasks.fill(N0);
    let submitted = [
        "n0: batch 1 of 2 tasks: g1 here x1, g2 from n1 x2, g10 made x1, g11 kept x0",
        "n1: batch 1 of 0 tasks: g2 here x1",
        "3: done",
    ];
    check(&mut d, Event::Submit(3, call), &submitted);
}

#[test]
fn calls_beyond_the_bound_wait_in_order() {
    let mut d = with_inputs();
    for i in 0..CALLS as u64 {
        assert_eq!(d.on(Event::Submit(100 + i, call(i, 1000 + 2 * i))).len(), 3);
    }
    check(&mut d, Event::Submit(300, call(90, 9000)), &[]);
    check(&mut d, Event::Submit(301, call(91, 9002)), &[]);
    check(&mut d, Event::From(N0, report(&[(5, 1)], &[])), &[]);
    let actions = d.on(Event::From(N1, report(&[(5, 1)], &[])));
    assert_eq!(text(&actions[2]), "300: done");
    assert_eq!((actions.len(), d.n_unfinished()), (3, CALLS));
    let actions: Vec<String> = d.on(Event::Close).iter().map(text).collect();
    assert_eq!(actions, ["n0: shutdown", "n1: shutdown", "301: the cluster is closed"]);
}

#[test]
fn a_failure_is_told_once() {
    let said = "f, call 1: sum at f.rs:0:0: broken, block (0), 1";
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    d.on(Event::Fetch(4, vec![11]));
    check(&mut d, Event::From(N1, ToDriver::Failed(0, 11, failure(1))), &[&format!("4: {said}")]);
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[(11, 1)])), &[]);
    check(&mut d, Event::Wait(5, vec![11]), &[&format!("5: {said}")]);
    check(&mut d, Event::Finish(6), &["6: done"]);
}

#[test]
fn a_failure_that_nobody_read_is_kept_for_the_end() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[(10, 1)])), &[]);
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[(11, 1)])), &[]);
    assert!(matches!(d.first_unread(), Some(Error::Task(f)) if f.number == 1));
    check(&mut d, Event::Finish(6), &["6: f, call 1: sum at f.rs:0:0: broken, block (0), 1"]);
    assert!(d.first_unread().is_none());
}

#[test]
fn a_call_on_a_failed_input_is_refused() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[(11, 1)])), &[]);
    let mut next = call(2, 20);
    next.inputs = vec![1, 11];
    check(&mut d, Event::Submit(4, next), &["4: f, call 1: sum at f.rs:0:0: broken, block (0), 1"]);
}

#[test]
fn what_was_lost_is_made_again_on_who_lives() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::Fetch(4, vec![1, 11]), &["n1: get [11]"]);
    check(&mut d, Event::Stats(6), &["n0: stats 6", "n1: stats 6"]);
    check(&mut d, Event::From(N0, ToDriver::Stats(6, Default::default())), &[]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["6: stats of 2", "n0: epoch 1"]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &[]);
    // Of the old epoch: no news. What is submitted meanwhile waits.
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[(11, 1)])), &[]);
    check(&mut d, Event::Submit(7, call(2, 20)), &[]);
    check(&mut d, Event::Finish(8), &[]);
    let again = [
        "n0: put g2",
        "n0: batch 2 of 2 tasks: g1 here x1, g2 here x2, g10 made x1, g11 kept x0",
        "n0: get [11]",
        "n0: batch 3 of 2 tasks: g1 here x1, g2 here x2, g20 made x1, g21 kept x0",
        "7: done",
    ];
    check(&mut d, Event::From(N0, ToDriver::Inventory(1, vec![1])), &again);
    check(&mut d, Event::From(N0, ToDriver::Block(11, one())), &["4: 2 blocks"]);
    let ended = Report { epoch: 1, ended: vec![(2, 2), (3, 2)], ..Report::default() };
    check(&mut d, Event::From(N0, ToDriver::Report(ended)), &["8: done"]);
    check(&mut d, Event::Release(vec![1, 2, 11, 21]), &["n0: release [1, 2, 11, 21]"]);
    assert!(d.is_empty());
}

#[test]
fn only_the_tasks_that_lead_to_what_is_missing_run_again() {
    let mut d = with_inputs();
    let mut c = call(1, 10);
    let graph = Arc::make_mut(&mut c.graph);
    graph.outputs.push(GraphOutput { array: ArrayId(1), weak: false });
    d.on(Event::Submit(3, c));
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::Release(vec![2]), &["n1: release [2]"]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    let again = [
        // Only needed to make g11 again: it goes with its use.
        "n0: put g2",
        "n0: batch 2 of 1 tasks: g10 here x1, g2 here x1, g11 kept x0",
        "n0: release [2]",
    ];
    check(&mut d, Event::From(N0, ToDriver::Inventory(1, vec![1, 10])), &again);
    check(&mut d, Event::Release(vec![1, 10, 11]), &["n0: release [1, 10, 11]"]);
    let ended = Report { epoch: 1, ended: vec![(2, 1)], ..Report::default() };
    check(&mut d, Event::From(N0, ToDriver::Report(ended)), &[]);
    assert!(d.is_empty());
}

#[test]
fn without_a_copy_what_is_lost_fails_with_what_needs_it() {
    let lost = "worker n1 (process 51) was lost: gone, and with it block g2, of which the driver has no copy";
    let mut d = driver();
    d.on(Event::Put(1, 1, N0, one(), None));
    d.on(Event::Put(2, 2, N1, one(), None));
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::Fetch(4, vec![11]), &["n1: get [11]"]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    check(&mut d, Event::From(N0, ToDriver::Inventory(1, vec![1])), &[&format!("4: {lost}")]);
    check(&mut d, Event::Wait(5, vec![2]), &[&format!("5: {lost}")]);
    check(&mut d, Event::Finish(6), &["6: done"]);
    check(&mut d, Event::Release(vec![1, 2, 11]), &["n0: release [1]"]);
    assert!(d.is_empty());
}

#[test]
fn a_long_loop_is_remembered_in_constant_space() {
    let mut d = with_inputs();
    let (mut last, mut most) = (2, 0);
    for i in 0..1000u64 {
        let mut c = call(i + 1, 10 + 2 * i);
        c.inputs = vec![1, last];
        last = c.first + 1;
        let copied = d.on(Event::Submit(10 + i, c)).iter().any(|a| text(a).contains("copied"));
        d.on(Event::Release(vec![if i == 0 { 2 } else { last - 2 }]));
        if copied {
            d.on(Event::From(N1, ToDriver::Block(last, one())));
        }
        d.on(Event::From(N0, report(&[(i + 1, 1)], &[])));
        d.on(Event::From(N1, report(&[(i + 1, 1)], &[])));
        most = most.max(d.lineage.n_records());
    }
    assert!((60..70).contains(&most), "{most}");
    d.on(Event::Release(vec![1, last]));
    assert!(d.is_empty());
}

struct File;

impl Source for File {
    fn block(&self, _: u32) -> Result<Block, Error> {
        Ok(Block::from_slice(&[1.0f64], &[1]))
    }
    fn whole(&self) -> Option<Arc<Block>> {
        None
    }
}

#[test]
fn what_came_from_a_file_is_read_again() {
    let mut d = driver();
    d.on(Event::Put(1, 1, N0, one(), here()));
    d.on(Event::Put(2, 2, N1, one(), Some(Copy::Again(Arc::new(File), 0))));
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::Wait(4, vec![11]), &["n1: watch [11]"]);
    check(&mut d, Event::Release(vec![2]), &["n1: release [2]"]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    let again = [
        "read [2] for epoch 1",
        "n0: batch 2 of 2 tasks: g1 here x1, g2 here x2, g10 made x1, g11 kept x0",
        "n0: release [2]",
        "n0: watch [11]",
    ];
    check(&mut d, Event::From(N0, ToDriver::Inventory(1, vec![1])), &again);
    check(&mut d, Event::Read(0, 2, Ok(one())), &[]);
    check(&mut d, Event::Read(1, 2, Ok(one())), &["n0: put g2", "n0: release [2]"]);
    let changed = Error::SourceChanged { path: "x.npy".into() };
    let said = format!("4: {changed}");
    check(&mut d, Event::Read(1, 2, Err(changed)), &["n0: epoch 2"]);
    check(&mut d, Event::From(N0, ToDriver::Inventory(2, vec![1])), &[&said]);
    d.on(Event::Release(vec![1, 11]));
    assert!(d.is_empty());
}

#[test]
fn when_nobody_lives_all_are_told() {
    let lost = "worker n0 (process 50) was lost: gone too";
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    d.on(Event::Fetch(4, vec![11]));
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    d.on(Event::Submit(5, call(2, 20)));
    check(&mut d, Event::Finish(6), &[]);
    let told = [format!("4: {lost}"), format!("5: {lost}"), "6: done".to_owned()];
    check(&mut d, Event::Lost(N0, "gone too".to_owned()), &told.each_ref().map(String::as_str));
    check(&mut d, Event::Wait(7, vec![1]), &[&format!("7: {lost}")]);
    check(&mut d, Event::Put(8, 30, N1, one(), here()), &[&format!("8: {lost}")]);
    check(&mut d, Event::Release(vec![1, 2, 11]), &[]);
    assert!(d.is_empty());
}

#[test]
fn a_connection_that_ends_again_and_again_costs_a_node() {
    let mut d = with_inputs();
    let cut =
        |d: &mut Driver, epoch| d.on(Event::From(N0, ToDriver::Unreachable(epoch, N1))).iter().map(text).collect::<Vec<_>>();
    for epoch in 0..3 {
        let next = epoch + 1;
        assert_eq!(cut(&mut d, epoch), [format!("n0: epoch {next}"), format!("n1: epoch {next}")]);
        assert!(cut(&mut d, epoch).is_empty(), "of an old epoch");
    }
    assert_eq!(cut(&mut d, 3), ["give up n1", "n0: epoch 4"]);
}

#[test]
fn a_small_result_is_copied_and_its_call_forgotten() {
    let mut d = Driver::new(&[50, 51], true);
    d.on(Event::Put(1, 1, N0, one(), here()));
    d.on(Event::Put(2, 2, N1, one(), here()));
    assert!(d.on(Event::Submit(3, call(1, 10))).iter().any(|a| text(a).contains("g11 copied x0")));
    check(&mut d, Event::From(N1, ToDriver::Block(11, one())), &[]);
    d.on(Event::Release(vec![1, 2]));
    check(&mut d, Event::Fetch(4, vec![11]), &["4: 1 blocks"]);
    check(&mut d, Event::From(N0, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::From(N1, report(&[(1, 1)], &[])), &[]);
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    check(&mut d, Event::From(N0, ToDriver::Inventory(1, vec![])), &["n0: put g11"]);
    d.on(Event::Release(vec![11]));
    assert!(d.is_empty());
}

#[test]
fn the_end_answers_all_who_wait() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    d.on(Event::Finish(4));
    let closed = ["4: the cluster is closed", "n0: shutdown", "n1: shutdown"];
    check(&mut d, Event::Close, &closed);
    check(&mut d, Event::Close, &[]);
    check(&mut d, Event::Wait(5, vec![11]), &["5: the cluster is closed"]);
    check(&mut d, Event::Submit(6, call(2, 20)), &["6: the cluster is closed"]);
    check(&mut d, Event::Put(7, 30, N0, one(), here()), &["7: the cluster is closed"]);
    check(&mut d, Event::Lost(N0, "it ended".to_owned()), &[]);
    check(&mut d, Event::Stats(8), &["8: stats of 2"]);
}

#[test]
fn finish_after_close_is_answered() {
    let mut d = driver();
    d.on(Event::Close);
    check(&mut d, Event::Finish(1), &["1: done"]);
}

fn joins(node: u32) -> Event {
    let address = "10.0.0.7:4000".parse().unwrap();
    Event::Join(Peer { node: NodeId(node), pid: 50 + node, address, mark: None }, Isa::detected(), 1)
}

/// One task of `call` on a node that the call's plan has.
fn on(mut call: Box<Call>, nodes: [u32; 2]) -> Box<Call> {
    Arc::make_mut(&mut call.placement).tasks.copy_from_slice(&nodes.map(NodeId));
    call
}

#[test]
fn who_joins_works_from_the_next_call_on() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    let before = d.living_nodes();
    check(&mut d, joins(2), &["n0: peer n2", "n1: peer n2", "n2: epoch 0"]);
    // What others ask of it must not meet it before it knows the epoch.
    assert_eq!(d.living_nodes(), before);
    check(&mut d, Event::From(NodeId(2), ToDriver::Inventory(0, vec![])), &[]);
    assert_eq!(d.living_nodes().nodes.len(), 3);
    assert!(d.living_nodes().version > before.version);
    let submitted = [
        "n0: batch 2 of 0 tasks: g1 here x1",
        "n1: batch 2 of 1 tasks: g20 from n2 x1, g2 here x2, g21 kept x0",
        "n2: batch 2 of 1 tasks: g1 from n0 x1, g2 from n1 x1, g20 made x1",
        "4: done",
    ];
    check(&mut d, Event::Submit(4, on(call(2, 20), [2, 1])), &submitted);
    // What ran before ends without it, and a report of it about that is no news.
    d.on(Event::From(NodeId(2), report(&[(1, 1), (2, 1)], &[])));
    d.on(Event::From(N0, report(&[(1, 1)], &[])));
    d.on(Event::From(N1, report(&[(1, 1), (2, 1)], &[])));
    assert_eq!(d.n_unfinished(), 0);
}

#[test]
fn who_joins_while_an_epoch_begins_takes_part_in_it() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, on(call(1, 10), [1, 1])));
    check(&mut d, Event::Lost(N1, "gone".to_owned()), &["n0: epoch 1"]);
    check(&mut d, joins(2), &["n0: peer n2", "n2: epoch 1"]);
    check(&mut d, joins(3), &["n0: peer n3", "n2: peer n3", "n3: epoch 1"]);
    check(&mut d, Event::From(NodeId(2), ToDriver::Inventory(1, vec![])), &[]);
    let again = d.on(Event::From(N0, ToDriver::Inventory(1, vec![1])));
    let sent = |node: &str| again.iter().any(|a| text(a).starts_with(node));
    assert!(sent("n2: ") && !sent("n3: "), "{again:?}");
    // One that leaves before it is there is missed by nobody.
    check(&mut d, Event::Lost(NodeId(3), "gone".to_owned()), &[]);
    check(&mut d, Event::From(NodeId(3), ToDriver::Inventory(1, vec![])), &[]);
    assert_eq!(d.living_nodes().nodes.as_ref(), [N0, NodeId(2)]);
}

#[test]
fn who_joins_where_nobody_lived_gets_what_can_be_had() {
    let lost = "worker n1 (process 51) was lost: gone too";
    let mut d = with_inputs();
    d.on(Event::Put(3, 3, N1, one(), None));
    d.on(Event::Submit(4, call(1, 10)));
    check(&mut d, Event::Lost(N0, "gone".to_owned()), &["n1: epoch 1"]);
    check(&mut d, Event::Fetch(5, vec![11]), &[]);
    check(&mut d, Event::Lost(N1, "gone too".to_owned()), &[&format!("5: {lost}")]);
    check(&mut d, joins(2), &["n2: epoch 2"]);
    check(&mut d, Event::From(NodeId(2), ToDriver::Inventory(2, vec![])), &["n2: epoch 3"]);
    check(&mut d, Event::Wait(6, vec![11]), &[]);
    let again = [
        "n2: put g1",
        "n2: put g2",
        "n2: batch 2 of 2 tasks: g1 here x1, g2 here x2, g10 made x1, g11 kept x0",
        "n2: watch [11]",
    ];
    check(&mut d, Event::From(NodeId(2), ToDriver::Inventory(3, vec![])), &again);
    check(&mut d, Event::From(NodeId(2), ToDriver::Ready(vec![11])), &["6: done"]);
    let gone = format!("7: {lost}, and with it block g3, of which the driver has no copy");
    check(&mut d, Event::Wait(7, vec![3]), &[&gone]);
    let ended = Report { epoch: 3, ended: vec![(2, 2)], ..Report::default() };
    check(&mut d, Event::From(NodeId(2), ToDriver::Report(ended)), &[]);
    check(&mut d, Event::Finish(8), &["8: done"]);
}

#[test]
fn a_call_that_ends_one_replacement_after_the_other_is_given_up() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, on(call(1, 10), [1, 1])));
    d.on(Event::Fetch(4, vec![11]));
    let (mut epoch, mut doomed) = (0, 1);
    let answer = loop {
        epoch += 1;
        d.on(Event::Lost(NodeId(doomed), "it broke".to_owned()));
        doomed += 1;
        d.on(joins(doomed));
        d.on(Event::From(NodeId(doomed), ToDriver::Inventory(epoch, vec![])));
        let actions = d.on(Event::From(N0, ToDriver::Inventory(epoch, vec![1])));
        if let Some(answer) = actions.iter().map(text).find(|a| a.starts_with("4: ")) {
            break answer;
        }
        assert!(epoch < 100);
    };
    assert_eq!(answer, "4: worker n17 (process 67) was lost: it broke, as 16 others were since a call last ended");
    d.on(Event::Release(vec![1, 2, 11]));
    assert!(d.is_empty());
}

#[test]
fn who_waits_is_told_of_a_failure_by_the_report_that_brings_it() {
    let mut d = with_inputs();
    d.on(Event::Submit(3, call(1, 10)));
    check(&mut d, Event::Wait(4, vec![11]), &["n1: watch [11]"]);
    let actions = d.on(Event::From(N1, report(&[(1, 1)], &[(11, 1)])));
    let told = |action: &Action| matches!(action, Action::Answer(4, Err(Error::Task(failure))) if failure.why == "broken");
    assert!(actions.len() == 1 && told(&actions[0]), "{actions:?}");
    assert!(d.first_unread().is_none());
}

#[test]
fn who_joins_after_the_end_is_sent_away() {
    let mut d = driver();
    d.on(Event::Close);
    check(&mut d, joins(2), &["n2: shutdown"]);
}
