//! The lab: plans of known cases by every policy, as JSON lines to compare with published figures.
//!
//! ```text
//! cargo run --release --example lshs_lab                              # the table: all cases, the portfolio
//! cargo run --release --example lshs_lab -- --case hessian --policy all
//! cargo run --release --example lshs_lab -- --case sum --nodes 1024 --tasks 1000000 --policy lshs
//! cargo run --release --example lshs_lab -- --file case.nir --score net
//! cargo run --release --example lshs_lab -- --case xty --nodes 4 --real
//! ```
//!
//! Cases have 16 nodes of one worker, f64, and blocks dealt cyclically on a node grid, unless options say otherwise. A file
//! holds IR text: a tiled or placed graph with `home` lines, or a function, with a line `; array NAME [shape] [blocks] [nodes]`
//! for each array parameter (`[nodes]` is the node grid that its blocks are dealt on in turn).

use nums::{ClusterSpec, Order, Score};
use nums_ir::bind::{Bound, typed};
use nums_ir::graph::{Graph, NodeId, Placement};
use nums_ir::grid::Grid;
use nums_ir::{pass, text, tile};
use nums_runtime::place::{Layout, POLICIES, Placed, bound, place_at, rounds};
use std::time::Instant;

#[path = "lshs_lab/cases.rs"]
mod cases;
#[path = "lshs_lab/setting.rs"]
mod setting;

use cases::Case;
use setting::{Outcome, Setting, homes, setting};

fn main() -> std::process::ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("lshs_lab: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

struct Options {
    case: Option<String>,
    policy: Option<String>,
    score: Score,
    nodes: usize,
    tasks: Option<usize>,
    file: Option<String>,
    real: bool,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
        let mut o = Options { case: None, policy: None, score: Score::Makespan, nodes: 16, tasks: None, file: None, real: false };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
            match arg.as_str() {
                "--case" => o.case = Some(value()?),
                "--policy" => o.policy = Some(value()?),
                "--score" => {
                    let name = value()?;
                    let all = [Score::Makespan, Score::Reference, Score::Net];
                    let found = all.into_iter().find(|s| s.name() == name);
                    o.score = found.ok_or_else(|| format!("--score {name}: expected makespan, reference or net"))?;
                }
                "--nodes" => o.nodes = value()?.parse()?,
                "--tasks" => o.tasks = Some(value()?.parse()?),
                "--file" => o.file = Some(value()?),
                "--real" => o.real = true,
                _ => {
                    return Err(format!(
                        "{arg}: expected --case, --policy, --score, --nodes, --tasks, --file or --real; the cases are {}",
                        cases::names().join(", ")
                    )
                    .into());
                }
            }
        }
        Ok(o)
    }

    /// The policies to try: `None` is the portfolio.
    fn policies(&self) -> Vec<Option<&str>> {
        match self.policy.as_deref() {
            None | Some("portfolio") => vec![None],
            Some("all") => [None].into_iter().chain(POLICIES.iter().map(|(name, _)| Some(*name))).collect(),
            Some(name) => vec![Some(name)],
        }
    }
}

fn run(options: &Options) -> Outcome<()> {
    if let Some(file) = &options.file {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        let (graph, homes) = from_file(&text).map_err(|e| format!("{file}: {e}"))?;
        let order = Order::Reproducible;
        return rows(options, file, &Setting { graph, homes, order, fused: true, layout: "file" });
    }
    let names = match &options.case {
        Some(case) => vec![case.clone()],
        None => cases::names(),
    };
    for name in names {
        let case = cases::case(&name, options.tasks)?;
        if options.real {
            real(&name, &case, options)?;
            continue;
        }
        let fused: &[bool] = if case.is_one_operator() { &[false] } else { &[false, true] };
        for fused in fused {
            rows(options, &name, &setting(&case, options.nodes, *fused, Order::Fastest, "cyclic")?)?;
        }
        if options.tasks.is_none() {
            rows(options, &name, &setting(&case, options.nodes, true, Order::Reproducible, "default")?)?;
        }
    }
    Ok(())
}

/// One line a policy.
fn rows(options: &Options, name: &str, setting: &Setting) -> Outcome<()> {
    let mut spec = ClusterSpec::uniform(options.nodes, 1);
    spec.order = setting.order;
    spec.score = options.score;
    for policy in options.policies() {
        let graph = setting.graph.clone();
        let start = Instant::now();
        let placed = place_at(graph, &spec, &setting.homes, policy)?;
        let micros = start.elapsed().as_secs_f64() * 1e6;
        println!("{}", row(name, policy.unwrap_or("portfolio"), setting, &spec, &placed, micros));
    }
    Ok(())
}

fn row(name: &str, policy: &str, setting: &Setting, spec: &ClusterSpec, placed: &Placed, micros: f64) -> String {
    let Placed { graph, placement, score, .. } = placed;
    let unit = 8;
    let max = |of: fn(&nums_ir::graph::Load) -> u64| placement.loads.iter().map(of).max().unwrap_or(0) / unit;
    let total = placement.loads.iter().map(|l| l.net_in).sum::<u64>();
    let mut tasks = vec![0usize; spec.nodes.len()];
    placement.tasks.iter().for_each(|n| tasks[n.0 as usize] += 1);
    let least = bound(graph, spec, &setting.homes, total);
    let least = least.map_or(("null".into(), false), |b| ((b.bytes / unit).to_string(), b.attained));
    // What the paper's objective sees: nothing is released.
    let grown = grown(graph, placement) / unit;
    format!(
        "{{\"case\": \"{name}\", \"nodes\": {}, \"policy\": \"{policy}\", \"won\": \"{}\", \"order\": \"{}\", \"layout\": \"{}\", \
         \"fused\": {}, \"tasks\": {}, \"net_total\": {}, \"net_in_max\": {}, \"net_out_max\": {}, \"mem_max\": {}, \
         \"objective\": {}, \"score\": {score}, \"score_by\": \"{}\", \"tasks_max\": {}, \"rounds\": {}, \"plan_us\": {micros:.1}, \
         \"lower_bound\": {}, \"attained\": {}}}",
        spec.nodes.len(),
        placement.policy,
        setting.order.name(),
        setting.layout,
        setting.fused,
        graph.tasks.len(),
        total / unit,
        max(|l| l.net_in),
        max(|l| l.net_out),
        max(|l| l.mem),
        grown + max(|l| l.net_in) + max(|l| l.net_out),
        spec.score.name(),
        tasks.iter().max().unwrap_or(&0),
        rounds(graph, placement),
        least.0,
        least.1,
    )
}

/// The most bytes that a node ever made or received.
fn grown(graph: &Graph, placement: &Placement) -> u64 {
    let mut grown: Vec<u64> = placement.loads.iter().map(|l| l.net_in).collect();
    placement.homes.iter().enumerate().for_each(|(b, n)| grown[n.0 as usize] += graph.bytes(nums_ir::graph::BlockId(b as u32)));
    for (task, node) in graph.tasks.iter().zip(&placement.tasks) {
        grown[node.0 as usize] += task.outs.iter().map(|b| graph.bytes(*b)).sum::<u64>();
    }
    grown.into_iter().max().unwrap_or(0)
}

/// Runs the case on worker processes and compares bytes with the plan's.
fn real(name: &str, case: &Case, options: &Options) -> Outcome<()> {
    let cluster = nums::Cluster::local(options.nodes)?;
    let _entered = cluster.enter();
    let arrays = case.make()?;
    let shapes: Vec<&[usize]> = case.arrays.iter().map(|a| a.shape.as_slice()).collect();
    let blocks: Vec<&[usize]> = case.arrays.iter().map(|a| a.block.as_slice()).collect();
    let plan = (case.plan)(&cluster.spec(), &shapes, &blocks)?;
    let before = cluster.status()?.moved_bytes();
    let start = Instant::now();
    (case.run)(&arrays)?;
    let wall = start.elapsed().as_secs_f64();
    let status = cluster.status()?;
    println!(
        "{{\"case\": \"{name}\", \"nodes\": {}, \"policy\": \"{}\", \"simulated_bytes\": {}, \"received_bytes\": {}, \
         \"simulated_peak\": {}, \"measured_peak\": {}, \"wall\": {wall:.6}}}",
        options.nodes,
        plan.policy(),
        plan.bytes_moved(),
        status.moved_bytes() - before,
        plan.peak_bytes(),
        status.peak_bytes(),
    );
    Ok(cluster.finish()?)
}

/// The graph of a file, and the homes of inputs and results.
fn from_file(text: &str) -> Outcome<(Graph, Vec<NodeId>)> {
    if text.contains("\ngraph ") {
        let (graph, inputs) = match text::parse_placed(text) {
            Ok((graph, placement)) => (graph, placement.homes),
            Err(_) => (text::parse_graph(text)?, vec![]),
        };
        let nodes = inputs.iter().map(|n| n.0 as usize + 1).max().unwrap_or(1);
        let mut homes = homes(&graph, |grid| Layout::default_for(grid, nodes));
        homes[..inputs.len()].copy_from_slice(&inputs);
        return Ok((graph, homes));
    }
    let func = text::parse(text)?;
    let mut arrays = Vec::new();
    for line in text.lines().filter_map(|l| l.strip_prefix("; array ")) {
        let mut lists = line.split('[').skip(1).map(|l| {
            let inside = l.split(']').next().unwrap_or_default();
            inside.split(',').filter(|n| !n.trim().is_empty()).map(|n| n.trim().parse()).collect::<Result<Vec<usize>, _>>()
        });
        let mut next = || lists.next().ok_or_else(|| format!("`; array {line}`: expected [shape] [blocks] [nodes]"));
        arrays.push((next()??, next()??, next()??));
    }
    let args: Vec<Bound> = arrays.iter().map(|a| Bound::Array(nums::DType::F64, a.0.clone())).collect();
    let func = pass::run(typed(&func, &args).map_err(|d| d.to_string())?);
    let grids: Vec<Grid> = arrays.iter().map(|a| Grid::new(&a.0, &a.1)).collect();
    let graph = tile::tile(&func, &grids).map_err(|d| d.to_string())?;
    let nodes = arrays.first().map_or(vec![1], |a| a.2.clone());
    let homes = homes(&graph, |_| Layout::Cyclic(nodes.clone()));
    Ok((graph, homes))
}
