//! Who is given up for its pace, and who is not.

use super::*;

/// Eight blocks of one array, each of g1 and g2, on the nodes in turn; and what a node says of how long its tasks took.
fn wide() -> (Box<Call>, impl Fn(u32, &[u32], u32) -> Event) {
    let mut wide = call(1, 10);
    let graph = Arc::make_mut(&mut wide.graph);
    graph.arrays = vec![array(2, 0), array(8, 2)];
    graph.outputs = vec![GraphOutput { array: ArrayId(1), weak: false }];
    let first = graph.tasks[0].clone();
    graph.tasks = (2..10).map(|b| Task { outs: vec![BlockId(b)], ..first.clone() }).collect();
    Arc::make_mut(&mut wide.placement).tasks = (0..8).map(|t| NodeId(t % 2)).collect();
    let took = |node, tasks: &[u32], micros| {
        let times = tasks.iter().map(|&task| (1, task, micros)).collect();
        Event::From(NodeId(node), ToDriver::Report(Report { times, ..Report::default() }))
    };
    (wide, took)
}

#[test]
fn a_node_that_is_much_slower_than_the_others_is_given_up() {
    let mut d = with_inputs();
    let (call, took) = wide();
    d.on(Event::Submit(3, call));
    check(&mut d, took(0, &[0, 2, 4], 300_000), &[]);
    // It may have stood still once.
    check(&mut d, took(1, &[1], 3_000_000), &[]);
    check(&mut d, took(1, &[3], 3_000_000), &["give up n1", "n0: epoch 1"]);
    assert!(d.is_gone(N1));
    check(&mut d, took(0, &[6], 30_000_000), &[]);
}

#[test]
fn a_node_that_hardly_gets_to_run_is_given_up_when_it_has_work() {
    let mut d = with_inputs();
    let says = |d: &mut Driver, share: [u8; 2]| {
        let say = |node: usize| Event::From(NodeId(node as u32), ToDriver::Alive(share[node]));
        [0, 1].iter().flat_map(|&node| d.on(say(node))).map(|a| text(&a)).collect::<Vec<_>>()
    };
    for _ in 0..9 {
        assert!(says(&mut d, [90, 10]).is_empty(), "it has nothing to do");
    }
    assert!(says(&mut d, [90, 100]).is_empty());
    d.on(Event::Submit(3, wide().0));
    // All machines may be busy, and one may stand still once.
    assert!(says(&mut d, [20, 20]).is_empty());
    assert!(says(&mut d, [90, 90]).is_empty());
    assert!(says(&mut d, [90, 0]).is_empty());
    assert!(says(&mut d, [90, 90]).is_empty());
    let given_up = (0..4).map(|_| says(&mut d, [90, 10])).find(|said| !said.is_empty());
    assert_eq!(given_up.unwrap(), ["give up n1", "n0: epoch 1"]);
}

#[test]
fn a_slow_node_is_kept_where_only_it_has_a_block() {
    let mut d = driver();
    d.on(Event::Put(1, 1, N0, one(), None));
    d.on(Event::Put(2, 2, N1, one(), None));
    let (call, took) = wide();
    d.on(Event::Submit(3, call));
    d.on(took(0, &[0, 2, 4], 300_000));
    check(&mut d, took(1, &[1, 3, 5, 7], 3_000_000), &[]);
    assert!(!d.is_gone(N1));
}

#[test]
fn a_node_with_larger_blocks_is_not_slow() {
    let mut d = with_inputs();
    let (mut call, took) = wide();
    // A thousand elements on node 1, one on node 0.
    let graph = Arc::make_mut(&mut call.graph);
    graph.arrays[1].grid = Grid::new(&[1001], &[1000]);
    graph.tasks.truncate(2);
    Arc::make_mut(&mut call.placement).tasks = vec![N1, N0];
    d.on(Event::Submit(3, call));
    check(&mut d, took(0, &[1], 30_000), &[]);
    for _ in 0..20 {
        check(&mut d, took(1, &[0], 9_000_000), &[]);
    }
    assert!(!d.is_gone(N1));
}

/// A node says how long a task of what runs now took; whether it is given up, and if so, the others have lost all that they had.
fn is_given_up(d: &mut Driver, node: u32, micros: u32) -> bool {
    let report = Report { epoch: d.epoch, times: vec![(d.serial, 0, micros)], ..Report::default() };
    let actions = d.on(Event::From(NodeId(node), ToDriver::Report(report)));
    let given_up = actions.iter().any(|action| matches!(action, Action::GiveUp(_)));
    if given_up {
        for other in d.alive().collect::<Vec<_>>() {
            d.on(Event::From(other, ToDriver::Inventory(d.epoch, vec![])));
        }
    }
    given_up
}

#[test]
fn elements_that_make_every_node_slow_that_has_them_cost_a_quarter_of_the_nodes_at_the_most() {
    for (n, most) in [(1, 0), (2, 1), (3, 1), (4, 1), (7, 1), (8, 2), (12, 3)] {
        let mut d = Driver::new(&(50..50 + n).collect::<Vec<u32>>(), true);
        d.copy_results(0, 64);
        d.on(Event::Put(1, 1, N0, one(), here()));
        d.on(Event::Put(2, 2, N0, one(), here()));
        let (mut call, _) = wide();
        Arc::make_mut(&mut call.placement).tasks = (0..8).map(|t| NodeId(t % n)).collect();
        d.on(Event::Submit(3, call));
        // One after the other looks slow beside the last one.
        let looks_slow = |d: &mut Driver, node| (0..40).any(|_| !is_given_up(d, n - 1, 300) && is_given_up(d, node, 3_000_000));
        let given_up = (0..n - 1).filter(|&node| looks_slow(&mut d, node)).count();
        assert_eq!(given_up, most, "of {n}");
        assert!(d.is_alive(NodeId(n - 1)));
        assert_eq!(d.n_unfinished(), 1, "what runs goes on");
    }
}
