//! The lab: plans of known cases by every policy, as JSON lines to compare with published figures.
//!
//! ```text
//! cargo run --release --example lshs_lab                              # the table: all cases, the portfolio
//! cargo run --release --example lshs_lab -- --case hessian --policy all
//! cargo run --release --example lshs_lab -- --case sum --nodes 1024 --tasks 1000000 --policy lshs
//! cargo run --release --example lshs_lab -- --file case.nir --score net
//! cargo run --release --example lshs_lab -- --case xty --nodes 4 --real
//! cargo run --release --example lshs_lab -- --scaling docs/scaling.svg
//! ```
//!
//! Cases have 16 nodes of one worker, f64, and blocks dealt cyclically on a node grid, unless options say otherwise. Rows with
//! `"layout": "default"` have the homes that arrays get by themselves, those with `"chosen"` the ones that the call would like. A file
//! holds IR text (`lshs_lab/file.rs` says how): a tiled or placed graph with `home` lines, or a function, with a line
//! `; array NAME [shape] [blocks] [nodes]` for each array parameter (`[nodes]` is the node grid that its blocks are dealt on in turn);
//! `--order fastest` and `--unfused` are for files. `plan_bytes` is what planning held at most, besides the graph that it was given;
//! a row on a real pool (`--real`, not for files) has the time of the first and of the second call until they are submitted.

use nums::{ClusterSpec, Order, Score};
use nums_ir::graph::{Graph, Placement};
use nums_runtime::place::{POLICIES, Placed, bound, place_at, rounds};
use std::time::Instant;

#[path = "lshs_lab/cases.rs"]
mod cases;
#[path = "lshs_lab/file.rs"]
mod file;
#[path = "lshs_lab/memory.rs"]
mod memory;
#[path = "lshs_lab/scaling.rs"]
mod scaling;
#[path = "lshs_lab/setting.rs"]
mod setting;

use cases::Case;
use setting::{Outcome, Setting, machines, setting};

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
    order: Order,
    fused: bool,
    real: bool,
    /// The picture to draw.
    scaling: Option<String>,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
        let mut o = Options {
            case: None,
            policy: None,
            score: Score::Makespan,
            nodes: 16,
            tasks: None,
            file: None,
            order: Order::Reproducible,
            fused: true,
            real: false,
            scaling: None,
        };
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
                "--nodes" => o.nodes = number(&arg, &value()?)?,
                "--tasks" => o.tasks = Some(number(&arg, &value()?)?),
                "--file" => o.file = Some(value()?),
                "--unfused" => o.fused = false,
                "--order" => {
                    let name = value()?;
                    let found = [Order::Reproducible, Order::Fastest].into_iter().find(|o| o.name() == name);
                    o.order = found.ok_or_else(|| format!("--order {name}: expected reproducible or fastest"))?;
                }
                "--real" => o.real = true,
                "--scaling" => o.scaling = Some(value()?),
                _ => {
                    return Err(format!(
                        "{arg}: expected --case, --policy, --score, --nodes, --tasks, --file, --order, --unfused, --real or --scaling; \
                         the cases are {}",
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

/// A number from 1.
fn number(option: &str, value: &str) -> Outcome<usize> {
    value.parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("{option} {value}: expected a number from 1").into())
}

fn run(options: &Options) -> Outcome<()> {
    if let Some(picture) = &options.scaling {
        return scaling::draw(picture);
    }
    if let Some(file) = &options.file {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        let (graph, homes) = file::read(&text, options.nodes, options.fused).map_err(|e| format!("{file}: {e}"))?;
        return rows(options, file, &Setting { graph, homes, order: options.order, fused: options.fused, layout: "file" });
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
            for layout in ["default", "chosen"] {
                rows(options, &name, &setting(&case, options.nodes, true, Order::Reproducible, layout)?)?;
            }
        }
    }
    Ok(())
}

/// One line a policy.
fn rows(options: &Options, name: &str, setting: &Setting) -> Outcome<()> {
    let spec = ClusterSpec { order: setting.order, score: options.score, ..machines(options.nodes) };
    for policy in options.policies() {
        let graph = setting.graph.clone();
        let before = memory::watch();
        let start = Instant::now();
        let placed = place_at(graph, &spec, &setting.homes, policy)?;
        let micros = start.elapsed().as_secs_f64() * 1e6;
        let held = memory::most_since(before);
        println!("{}", row(name, policy.unwrap_or("portfolio"), setting, &spec, &placed, (micros, held)));
    }
    Ok(())
}

/// `cost` is the time of planning in microseconds and the bytes that it held at most.
fn row(name: &str, policy: &str, setting: &Setting, spec: &ClusterSpec, placed: &Placed, cost: (f64, usize)) -> String {
    let (micros, held) = cost;
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
         \"objective\": {}, \"score\": {score}, \"score_by\": \"{}\", \"tasks_max\": {}, \"rounds\": {}, \"plan_us\": {micros:.1}, \"plan_bytes\": {held}, \
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
    let result = (case.run)(&arrays)?;
    let first = start.elapsed().as_secs_f64() * 1e6;
    result.wait()?;
    let wall = start.elapsed().as_secs_f64();
    let status = cluster.status()?;
    drop(result);
    let start = Instant::now();
    let again = (case.run)(&arrays)?;
    let second = start.elapsed().as_secs_f64() * 1e6;
    again.wait()?;
    println!(
        "{{\"case\": \"{name}\", \"nodes\": {}, \"policy\": \"{}\", \"simulated_bytes\": {}, \"received_bytes\": {}, \
         \"simulated_peak\": {}, \"measured_peak\": {}, \"wall\": {wall:.6}, \"first_call_us\": {first:.1}, \
         \"second_call_us\": {second:.1}}}",
        options.nodes,
        plan.policy(),
        plan.bytes_moved(),
        status.moved_bytes() - before,
        plan.peak_bytes(),
        status.peak_bytes(),
    );
    Ok(cluster.finish()?)
}
