//! The figures of the paper's reference implementation, met or beaten, and the rules that every plan keeps.
//!
//! The cases are the lab's (`examples/lshs_lab.rs`): 16 nodes of one thread, f64, blocks dealt cyclically; figures are in
//! elements between nodes. `docs/placement.md` has the table.

#[path = "../examples/lshs_lab/cases.rs"]
mod cases;
#[path = "../examples/lshs_lab/setting.rs"]
mod setting;

use nums::{ClusterSpec, Layout, LinkSpec, NodeSpec, Order, Score, nums};
use nums_ir::graph::NodeId;
use nums_runtime::place::{POLICIES, Placed, place, place_at, rounds};
use setting::{Setting, machines, setting};

nums! {
    fn product(A: f64[n, k], B: f64[k, m]) -> f64[n, m] { A @ B }
    fn total(X: f64[n, d]) -> f64[d] { X.sum(axis=0) }
    fn double(X: f64[n]) -> f64[n] { 2 * X }
    fn around(U: f64[n, m]) -> f64[n - 2, m - 2] { (U[:-2, 1:-1] + U[2:, 1:-1] + U[1:-1, :-2] + U[1:-1, 2:]) / 4 }
    fn weighted(s: f64, X: f64[n], Y: f64[n]) -> f64 { np.sum(s * (X - 2 * Y)) }
}

fn spec(score: Score, order: Order) -> ClusterSpec {
    ClusterSpec { score, order, ..machines(16) }
}

fn cyclic(case: &str, fused: bool) -> Setting {
    let case = cases::case(case, None).expect("a case");
    setting(&case, 16, fused, Order::Fastest, "cyclic").expect("a graph")
}

fn plan(s: &Setting, score: Score, policy: Option<&str>) -> Placed {
    place_at(s.graph.clone(), &spec(score, s.order), &s.homes, policy).expect("it fits")
}

/// Elements that go between nodes.
fn moved(placed: &Placed) -> u64 {
    placed.placement.loads.iter().map(|l| l.net_in).sum::<u64>() / 8
}

fn check(case: &str, score: Score, most: u64) {
    let fused = matches!(case, "mttkrp" | "tensordot");
    let s = cyclic(case, fused);
    assert_eq!(s.fused, fused);
    let placed = plan(&s, score, None);
    assert!(moved(&placed) <= most, "{case} by {}: {} elements move, at most {most} may", score.name(), moved(&placed));
}

#[test]
fn no_more_elements_move_than_the_figures_say() {
    for score in [Score::Makespan, Score::Net] {
        check("sum", score, 120);
        check("xty", score, 960);
        check("hessian", score, 1080);
        check("matvec", score, 120);
        check("outer-4x4", score, 6912);
        check("outer-16x1", score, 15360);
        check("matmul-4x4", score, 24576);
        check("matmul-16x1", score, 28672);
        check("elementwise", score, 0);
        (1..=8).for_each(|b| check(&format!("reduce-b{b}"), score, 120));
    }
    check("mttkrp", Score::Net, 576);
    check("tensordot", Score::Net, 8400);
    check("tensordot", Score::Makespan, 11712);
}

/// Case, rounds at most, elements into and out of a node at most, tasks of a node at most.
fn check_spread(case: &str, most_rounds: usize, most_in: u64, most_out: u64, most_tasks: usize) {
    let placed = plan(&cyclic(case, case == "tensordot"), Score::Makespan, None);
    let Placed { graph, placement, .. } = &placed;
    let mut tasks = [0; 16];
    placement.tasks.iter().for_each(|n| tasks[n.0 as usize] += 1);
    let most = |of: fn(&nums_ir::graph::Load) -> u64| placement.loads.iter().map(of).max().unwrap_or(0) / 8;
    let has = (rounds(graph, placement), most(|l| l.net_in), most(|l| l.net_out), tasks.into_iter().max().unwrap_or(0));
    let fits = has.0 <= most_rounds && has.1 <= most_in && has.2 <= most_out && has.3 <= most_tasks;
    assert!(fits, "{case}: {has:?} against {:?}", (most_rounds, most_in, most_out, most_tasks));
}

#[test]
fn copies_and_reductions_are_trees_and_work_is_spread() {
    check_spread("sum", 4, 32, 8, 11);
    check_spread("xty", 4, 256, 64, 11);
    check_spread("hessian", 8, 264, 128, 48);
    check_spread("matvec", 4, 8, 32, 4);
    check_spread("matmul-4x4", usize::MAX, 1920, 3072, 64);
    // 16 products and 15 joins a node.
    check_spread("tensordot", usize::MAX, 1024, 2048, 31);
}

#[test]
fn the_portfolio_is_never_worse_than_a_policy() {
    for name in cases::names() {
        let case = cases::case(&name, None).expect("a case");
        for (order, layout) in [(Order::Fastest, "cyclic"), (Order::Reproducible, "default")] {
            let s = setting(&case, 16, true, order, layout).expect("a graph");
            for score in [Score::Makespan, Score::Reference, Score::Net] {
                let best = plan(&s, score, None);
                let winner = best.score;
                for (policy, _) in POLICIES.iter().filter(|(p, _)| *p != "all-on-one" || score != Score::Net) {
                    let cost = best.costs.iter().find(|c| c.policy == *policy).map_or(0, |c| c.score);
                    assert!(winner <= cost, "{name}, {}, by {}: {winner} against {cost} of {policy}", s.layout, score.name());
                    assert_eq!(plan(&s, score, Some(policy)).costs[0].score, cost, "{name}: {policy} alone");
                }
            }
        }
    }
}

#[test]
fn slices_in_place_move_edges_of_blocks() {
    let (n, block) = (1024usize, 256usize);
    for nodes in [1, 2, 4, 16] {
        for score in [Score::Makespan, Score::Net] {
            let spec = ClusterSpec { score, ..machines(nodes) };
            let plan = around::plan_with(&spec, &[&[n, n]], &[&[block, block]], &[]).expect("it fits");
            // Of every block two rows, two columns and a corner, each once.
            let edges = 16 * (4 * block + 4) as u64;
            assert!(plan.bytes_moved() <= 8 * edges, "{nodes} nodes: {} bytes move\n{plan}", plan.bytes_moved());
            assert_eq!(plan.passes("U"), 1, "{nodes} nodes");
        }
    }
}

#[test]
fn a_plan_depends_on_its_arguments_alone() {
    for name in ["matmul-4x4", "newton", "tensordot"] {
        let s = cyclic(name, true);
        assert_eq!(plan(&s, Score::Makespan, None), plan(&s, Score::Makespan, None), "{name}");
    }
}

#[test]
fn results_lie_at_their_homes_whatever_the_policy() {
    for name in ["matmul-4x4", "sum", "newton"] {
        let s = cyclic(name, true);
        for (policy, _) in POLICIES {
            let Placed { graph, placement, .. } = plan(&s, Score::Makespan, Some(policy));
            for (task, node) in graph.tasks.iter().zip(&placement.tasks) {
                for out in task.outs.iter().filter(|b| graph.outputs.iter().any(|o| graph.array_of(**b) == o.array)) {
                    assert_eq!(*node, s.homes[out.0 as usize], "{name} by {policy}");
                }
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error_before_anything_runs() {
    let s = cyclic("xty", false);
    let check = |change: &dyn Fn(&mut ClusterSpec), want: &str| {
        let mut spec = ClusterSpec::uniform(16, 1);
        change(&mut spec);
        let inputs: usize = s.graph.inputs.iter().map(|a| s.graph.array(*a).grid.n_blocks()).sum();
        let error = place(s.graph.clone(), &spec, &s.homes[..inputs]).expect_err(want);
        assert_eq!(error.to_string(), want);
    };
    check(&|s: &mut ClusterSpec| s.nodes.clear(), "nodes of a `ClusterSpec`=0: expected at least 1");
    check(&|s: &mut ClusterSpec| s.nodes[3].memory = 0, "memory of node n3=0: expected at least 1");
    check(&|s: &mut ClusterSpec| s.nodes[2].threads = 0, "threads of node n2=0: expected at least 1");
    check(&|s: &mut ClusterSpec| s.link.bandwidth = 0, "bandwidth of a `ClusterSpec`=0: expected at least 1");
    let none = LinkSpec { bandwidth: 0, latency: 0 };
    check(&|s: &mut ClusterSpec| s.links.push((NodeId(4), none)), "bandwidth of node n4=0: expected at least 1");
    check(
        &|s: &mut ClusterSpec| s.links.push((NodeId(16), none)),
        "a link of a `ClusterSpec`=n16: expected that of one of its nodes",
    );
    check(&|s: &mut ClusterSpec| s.nodes.truncate(8), "home of block [8, 0] of `X`=n8: expected a node of the cluster");
    check(
        &|s: &mut ClusterSpec| s.nodes.fill(NodeSpec { threads: 1, memory: 511 }),
        "out of memory: block [0, 0] of `X` alone, on node n0 which has the most memory, needs 512 bytes, 511 are allowed",
    );
    let cramped = ClusterSpec { nodes: vec![NodeSpec { threads: 1, memory: 1024 }; 16], ..ClusterSpec::uniform(16, 1) };
    let error = place_at(s.graph.clone(), &cramped, &s.homes, None).expect_err("no room for a product").to_string();
    let (node, rest) = error.split_once(" on node n").expect("a node");
    assert_eq!(node, "out of memory: block [0, 0] of `0.p` (512 bytes) with its operands");
    assert!(rest.ends_with(" needs 1536 bytes, 1024 are allowed"), "{error}");
}

#[test]
fn nodes_may_differ() {
    let mut spec = ClusterSpec::uniform(4, 1);
    spec.nodes[1].threads = 8;
    let plan = product::plan_with(&spec, &[&[256, 256], &[256, 256]], &[&[32, 32], &[32, 32]], &[]).expect("a plan");
    assert!(plan.peak_bytes() > 0);
    spec.nodes[0].memory = 1 << 14;
    let error = product::plan_with(&spec, &[&[256, 256], &[256, 256]], &[&[32, 32], &[32, 32]], &[]).expect_err("too small");
    assert!(error.to_string().contains("on node n0 needs"), "{error}");
}

/// Where spreading work pays, it goes to all nodes alike, but not to one whose connection is slow, and more to one with threads.
#[test]
fn work_goes_where_threads_and_connections_are() {
    let s = cyclic("mttkrp", true);
    let place_on = |spec: &ClusterSpec| place_at(s.graph.clone(), spec, &s.homes, None).expect("it fits");
    let tasks_on = |placed: &Placed, node: u32| placed.placement.tasks.iter().filter(|n| n.0 == node).count();
    let spec = spec(Score::Makespan, Order::Fastest);
    let even = place_on(&spec);
    assert!((0..16).all(|n| tasks_on(&even, n) > 0), "a node is idle");
    let mut slow = spec.clone();
    slow.links.push((NodeId(15), LinkSpec { bandwidth: spec.link.bandwidth / 1000, latency: 1000 * spec.link.latency }));
    assert_eq!(tasks_on(&place_on(&slow), 15), 0, "the slow node is left alone");
    let mut fast = spec.clone();
    fast.nodes[1].threads = 8;
    assert!(tasks_on(&place_on(&fast), 1) > tasks_on(&even, 1), "threads are not used");
}

/// A contraction whose default layouts suit it badly says better ones, and moves what it then says.
#[test]
fn a_call_says_which_layouts_it_would_like() {
    let cluster = nums::Cluster::builder().workers(4).threads(1).start().expect("four workers");
    let _entered = cluster.enter();
    for name in ["tensordot", "mttkrp", "xty", "matmul-4x4"] {
        let case = cases::case(name, None).expect("a case");
        let shapes: Vec<&[usize]> = case.arrays.iter().map(|a| a.shape.as_slice()).collect();
        let blocks: Vec<&[usize]> = case.arrays.iter().map(|a| a.block.as_slice()).collect();
        let by_bytes = ClusterSpec { score: Score::Net, ..cluster.spec() };
        let plan = (case.plan)(&by_bytes, &shapes, &blocks).expect("a plan");
        let layouts = plan.layouts().expect("layouts");
        assert_eq!(layouts, plan.layouts().expect("layouts"), "{name}: pure");
        let (before, after) = (plan.bytes_moved(), plan.laid_out(&layouts).expect("a plan").bytes_moved());
        let most = if name == "tensordot" { before / 2 } else { before };
        assert!(after <= most, "{name}: {after} bytes move, {before} did");
        let chosen = (case.plan)(&cluster.spec(), &shapes, &blocks).and_then(|plan| plan.laid_out(&layouts)).expect("a plan");
        let arrays = case.make().expect("arrays");
        let want = (case.run)(&arrays).and_then(|a| a.to_vec()).expect("it runs");
        let moved = arrays.iter().zip(&layouts).map(|(a, layout)| a.laid_out(layout));
        let moved = moved.collect::<Result<Vec<_>, _>>().expect("moved");
        moved.iter().try_for_each(|a| a.wait()).expect("moved");
        let before = cluster.status().expect("all live").moved_bytes();
        let result = (case.run)(&moved).expect("it runs");
        result.wait().expect("it runs");
        let received = cluster.status().expect("all live").moved_bytes() - before;
        assert_eq!(received, chosen.bytes_moved(), "{name}: {layouts:?}");
        assert_eq!(result.to_vec().expect("elements"), want, "{name}: the same bits");
    }
    let x = nums::Array::<f64>::ones(&[8, 8]).expect("an array");
    let error = x.laid_out(&Layout::Cyclic(vec![8])).expect_err("four workers");
    assert_eq!(error.to_string(), "a layout on 4 nodes=Cyclic([8]): expected no more nodes than the cluster has");
    cluster.finish().expect("nothing failed");
}

#[test]
fn a_plan_says_what_it_costs() {
    let plan = product::plan_with(&ClusterSpec::uniform(4, 1), &[&[64, 64], &[64, 64]], &[&[8, 8], &[8, 8]], &[]);
    let plan = plan.expect("a plan");
    let bound = plan.bound().expect("a small graph");
    assert!(bound.bytes <= plan.bytes_moved() && plan.lower_bound() == Some(bound.bytes));
    assert_eq!(plan.edges().iter().map(|e| e.2).sum::<u64>(), plan.bytes_moved());
    assert_eq!(plan.loads().iter().map(|l| l.net_out).sum::<u64>(), plan.bytes_moved());
    assert_eq!(plan.tasks_by_node().iter().sum::<usize>(), plan.tasks());
    assert_eq!(plan.costs().len(), POLICIES.len());
    assert!(plan.costs().iter().any(|c| c.policy == plan.policy()) && plan.rounds() > 0 && plan.critical_path() > 0);
    let local = double::plan(&ClusterSpec::uniform(4, 1), &[&[1 << 20]]).expect("a plan");
    assert_eq!((local.bytes_moved(), local.lower_bound(), local.rounds()), (0, Some(0), 0));
    assert!(local.bound().expect("known").attained);
}

/// 64 sums: in one process 4 tasks of 16 and one of those; on two nodes two tasks of 16 and their join on each, and one more of both.
#[test]
fn small_joins_of_one_node_are_one_task() {
    let tasks = |spec: &ClusterSpec| total::plan_with(spec, &[&[256, 8]], &[&[4, 8]], &[]).expect("a plan").tasks();
    assert_eq!(tasks(&ClusterSpec::uniform(1, 2)), 64 + 4 + 1);
    assert_eq!(tasks(&ClusterSpec::uniform(2, 1)), 64 + 2 * 3 + 1);
    // All leaves are held until they are joined: not where memory is short.
    let scarce = ClusterSpec { nodes: vec![NodeSpec { threads: 2, memory: 256 * 8 * 8 + 4096 }], ..ClusterSpec::uniform(1, 2) };
    assert_eq!(tasks(&scarce), 64 + 63);
}

/// What a plan says moves is what the workers receive, and none holds more than a tenth over what it says.
#[test]
fn the_pool_moves_what_the_plan_says() {
    for name in cases::names() {
        // A cluster each, so that the peak is the case's own.
        let cluster = nums::Cluster::builder().workers(4).threads(1).start().expect("four workers");
        let _entered = cluster.enter();
        let case = cases::case(&name, None).expect("a case");
        let arrays = case.make().expect("arrays");
        let shapes: Vec<&[usize]> = case.arrays.iter().map(|a| a.shape.as_slice()).collect();
        let blocks: Vec<&[usize]> = case.arrays.iter().map(|a| a.block.as_slice()).collect();
        let plan = (case.plan)(&cluster.spec(), &shapes, &blocks).expect("a plan");
        let before = cluster.status().expect("all live").moved_bytes();
        (case.run)(&arrays).and_then(|a| a.wait()).expect("it runs");
        let received = cluster.status().expect("all live").moved_bytes() - before;
        assert_eq!(received, plan.bytes_moved(), "{name}, placed by {}", plan.policy());
        let (peak, said) = (cluster.status().expect("all live").peak_bytes(), plan.peak_bytes());
        assert!(peak * 10 <= said * 11, "{name}: a worker held {peak} bytes, the plan says {said}");
        cluster.finish().expect("nothing failed");
    }
}

#[test]
fn the_fastest_order_gives_the_same_numbers_but_for_rounding() {
    let sums = [Order::Reproducible, Order::Fastest].map(|order| {
        let cluster = nums::Cluster::builder().workers(3).threads(1).order(order).start().expect("three workers");
        let _entered = cluster.enter();
        let case = cases::case("hessian", None).expect("a case");
        let arrays = case.make().expect("arrays");
        (case.run)(&arrays).and_then(|a| a.wait()).expect("it runs");
        let x = nums::Array::from_vec((0..512 * 8).map(f64::from).collect(), &[512, 8]).expect("an array");
        let x = x.rechunk(&[8, 8]).expect("blocks");
        let total = total(&x).and_then(|t| t.to_vec()).expect("a sum");
        cluster.finish().expect("nothing failed");
        total
    });
    assert_eq!(sums[0], sums[1], "integers are exact in any order");
}

/// Joins get their operands from the plan; tasks with plain numbers among their operands keep theirs.
#[test]
fn the_fastest_order_joins_the_results_of_kernels_with_scalars() {
    let cluster = nums::Cluster::builder().workers(3).threads(1).order(Order::Fastest).start().expect("three workers");
    let _entered = cluster.enter();
    let array = |f: fn(i32) -> f64| nums::Array::from_vec((0..70).map(f).collect(), &[70]).and_then(|x| x.rechunk(&[8]));
    let (x, y) = (array(f64::from).expect("an array"), array(|i| f64::from(i % 3)).expect("an array"));
    let want: f64 = (0..70).map(|i| 3.0 * (f64::from(i) - 2.0 * f64::from(i % 3))).sum();
    assert_eq!(weighted(3.0, &x, &y).expect("a sum"), want);
    cluster.finish().expect("nothing failed");
}

#[test]
fn a_policy_may_be_asked_for_by_name() {
    let answers = ["lshs", "round-robin", "all-on-one", "2.5d", "dynamic"].map(|policy| {
        let cluster = nums::Cluster::builder().workers(3).threads(1).policy(policy).start().expect("three workers");
        let _entered = cluster.enter();
        let a = nums::Array::from_vec((0..64 * 64).map(|i| f64::from(i % 13) / 13.0).collect(), &[64, 64]).expect("an array");
        let a = a.rechunk(&[16, 16]).expect("blocks");
        let c = product(&a, &a).and_then(|c| c.to_vec()).expect("a product");
        cluster.finish().expect("nothing failed");
        c
    });
    assert!(answers.iter().all(|c| c == &answers[0]), "the same bits wherever tasks run");
    let cluster = nums::Cluster::builder().threads(1).policy("best").start().expect("a thread");
    let _entered = cluster.enter();
    let x = nums::Array::from_vec(vec![1.0], &[1]).expect("an array");
    let error = double(&x).expect_err("no such policy");
    assert!(error.to_string().starts_with("policy=best: expected the name of a policy"), "{error}");
}

#[test]
fn a_change_of_layout_moves_each_element_once() {
    let (n, nodes) = (1024, 8);
    let rows = nums_ir::grid::Grid::new(&[n, n], &[n / 8, n]);
    let columns = nums_ir::grid::Grid::new(&[n, n], &[n, n / 8]);
    let graph = nums_ir::tile::rechunk(nums::DType::F64, &rows, &columns);
    let homes: Vec<_> = (0..8).map(nums_ir::graph::NodeId).collect();
    let placed = place(graph, &ClusterSpec::uniform(nodes, 1), &homes).expect("it fits");
    let share = (n * n * 8 / nodes) as u64;
    for load in &placed.placement.loads {
        assert_eq!((load.net_in, load.net_out), (share / 8 * 7, share / 8 * 7));
        assert!(load.mem <= 3 * 2 * share, "{} bytes for a share of {share} in and out", load.mem);
    }
    let cluster = nums::Cluster::builder().workers(4).threads(1).start().expect("four workers");
    let _entered = cluster.enter();
    let values: Vec<f64> = (0..n * n).map(|i| i as f64).collect();
    let x = nums::Array::from_vec(values.clone(), &[n, n]).and_then(|x| x.rechunk(&[100, n])).expect("rows");
    x.wait().expect("made");
    let before = cluster.status().expect("all live").moved_bytes();
    let y = x.rechunk(&[n, 100]).expect("columns");
    y.wait().expect("made");
    let moved = cluster.status().expect("all live").moved_bytes() - before;
    assert!(moved <= (n * n * 8) as u64, "{moved} bytes moved");
    assert_eq!(y.to_vec().expect("elements"), values);
    cluster.finish().expect("nothing failed");
}
