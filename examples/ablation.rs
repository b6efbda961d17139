//! What planning is worth: the same programs on worker processes over TCP, placed by different rules.
//!
//! ```text
//! cargo run --release --example ablation                  # a table
//! cargo run --release --example ablation -- --json --workers 4 --rows 200000 --reps 3
//! ```
//!
//! Kernels, blocks and trees are the same; input homes too, but in the rows `dynamic inputs`, where the scheduler also chose
//! where inputs were made. `unfused` runs the program operator by operator, each result stored, as a library of array calls
//! does. Bytes are what workers got from each other for tasks, peak is the most that a worker held; both of one repetition.

use nums::prelude::*;
use std::time::Instant;

nums! {
    fn values(n: i64, d: i64) -> f64[n, d] {
        (np.arange(n) % 17.0)[:, None] / 17.0 - np.arange(d)[None, :] / (1.0 * d)
    }
    fn labels(n: i64) -> f64[n] { 1.0 * (np.arange(n) % 2.0 > 0.5) }
    fn cube(n: i64) -> f64[n, n, n] { (np.arange(n) / 7.0)[:, None, None] + np.zeros((n, n, n)) }

    fn newton(X: f64[n, d], y: f64[n], b: f64[d]) -> f64[d] {
        mu = 1 / (1 + np.exp(-(X @ b)));
        b - np.linalg.solve((X.T * (mu * (1 - mu))) @ X + np.eye(d), X.T @ (mu - y) + b)
    }
    fn xty(X: f64[n, d], Y: f64[n, d]) -> f64[d, d] { X.T @ Y }
    fn matmul(A: f64[n, n], B: f64[n, n]) -> f64[n, n] { A @ B }
    fn mttkrp(X: f64[i, j, k], B: f64[j, f], C: f64[k, f]) -> f64[i, f] {
        (X[:, :, :, None] * B[None, :, None, :] * C[None, None, :, :]).sum(axis=(1, 2))
    }

    fn dot(X: f64[n, d], b: f64[d]) -> f64[n] { X @ b }
    fn sigmoid(z: f64[n]) -> f64[n] { 1 / (1 + np.exp(-z)) }
    fn weight(mu: f64[n]) -> f64[n] { mu * (1 - mu) }
    fn rest(mu: f64[n], y: f64[n]) -> f64[n] { mu - y }
    fn scale(X: f64[n, d], s: f64[n]) -> f64[n, d] { X * s[:, None] }
    fn gradient(X: f64[n, d], r: f64[n]) -> f64[d] { X.T @ r }
    fn step(H: f64[d, d], g: f64[d], b: f64[d]) -> f64[d] { b - np.linalg.solve(H + np.eye(d), g + b) }
}

/// Five Newton steps in one call each.
fn fused(a: &[Array<f64>], b: &[Array<f64>]) -> Result<f64> {
    let mut beta = b[1].clone();
    for _ in 0..5 {
        beta = newton(&a[0], &b[0], &beta)?;
    }
    first(&beta.to_vec()?)
}

/// Five Newton steps, operator by operator.
fn unfused(a: &[Array<f64>], b: &[Array<f64>]) -> Result<f64> {
    let (x, y) = (&a[0], &b[0]);
    let mut beta = b[1].clone();
    for _ in 0..5 {
        let mu = sigmoid(&dot(x, &beta)?)?;
        let scaled = scale(x, &weight(&mu)?)?;
        beta = step(&xty(&scaled, x)?, &gradient(x, &rest(&mu, y)?)?, &beta)?;
    }
    first(&beta.to_vec()?)
}

fn first(values: &[f64]) -> Result<f64> {
    Ok(values.iter().sum())
}

/// Arrays of two axes or more, arrays of one, and what is done with them.
type Inputs = (Vec<Array<f64>>, Vec<Array<f64>>);
type Make = fn(&Options, bool) -> Result<Inputs>;
type Work = fn(&[Array<f64>], &[Array<f64>]) -> Result<f64>;

/// `values` on the cluster, or made here and sent to its home.
fn matrix(n: usize, d: usize, sent: bool) -> Result<Array<f64>> {
    let value = |(i, j): (usize, usize)| (i % 17) as f64 / 17.0 - j as f64 / d as f64;
    if sent { Array::from_ndarray(&nums::ndarray::Array2::from_shape_fn((n, d), value)) } else { values(n as i64, d as i64) }
}

const TALL: Make = |o, sent| {
    let x = matrix(o.rows, 32, sent)?;
    let y =
        if sent { Array::from_vec((0..o.rows).map(|i| (i % 2) as f64).collect(), &[o.rows])? } else { labels(o.rows as i64)? };
    Ok((vec![x.clone(), x], vec![y, Array::from_vec(vec![0.0; 32], &[32])?]))
};
const SQUARE: Make = |_, sent| {
    let a = matrix(3072, 3072, sent)?;
    Ok((vec![a.clone(), a], vec![]))
};
const CUBE: Make = |_, sent| {
    let x = match sent {
        true => Array::from_ndarray(&nums::ndarray::Array3::from_shape_fn((256, 256, 256), |(i, ..)| i as f64 / 7.0))?,
        false => cube(256)?,
    };
    let factor = matrix(256, 32, sent)?;
    Ok((vec![x, factor.clone(), factor], vec![]))
};

const WORKLOADS: &[(&str, Make, Work)] = &[
    ("newton fused", TALL, fused),
    ("newton unfused", TALL, unfused),
    ("XᵀY", TALL, |a, _| first(&xty(&a[0], &a[1])?.to_vec()?)),
    ("matmul", SQUARE, |a, _| first(&matmul(&a[0], &a[1])?.to_vec()?)),
    ("MTTKRP", CUBE, |a, _| first(&mttkrp(&a[0], &a[1], &a[2])?.to_vec()?)),
];

struct Options {
    workers: usize,
    rows: usize,
    reps: usize,
    json: bool,
}

fn main() -> std::process::ExitCode {
    let outcome = options().and_then(|o| run(&o).map_err(|e| e.to_string()));
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("ablation: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn options() -> std::result::Result<Options, String> {
    let mut o = Options { workers: 4, rows: 200_000, reps: 3, json: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || -> std::result::Result<usize, String> {
            let value = args.next().ok_or_else(|| format!("{arg} wants a number"))?;
            value.parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("{arg} {value}: expected a number from 1"))
        };
        match arg.as_str() {
            "--workers" => o.workers = number()?,
            "--rows" => o.rows = number()?,
            "--reps" => o.reps = number()?,
            "--json" => o.json = true,
            _ => return Err(format!("{arg}: expected --workers N, --rows N, --reps N or --json")),
        }
    }
    Ok(o)
}

fn run(o: &Options) -> Result<()> {
    if !o.json {
        println!(
            "{:<15} {:<15} {:>12} {:>12} {:>9} {:>22}",
            "program", "scheduler", "bytes moved", "peak bytes", "wall s", "check"
        );
    }
    for (name, make, work) in WORKLOADS {
        for (scheduler, policy, sent) in [
            ("portfolio", None, true),
            ("round-robin", Some("round-robin"), true),
            ("dynamic", Some("dynamic"), true),
            ("dynamic inputs", Some("dynamic"), false),
        ] {
            let scheduler = Scheduler { name: scheduler, policy, sent };
            row(o, name, &scheduler, *make, *work)?;
        }
    }
    Ok(())
}

struct Scheduler {
    name: &'static str,
    policy: Option<&'static str>,
    /// Whether inputs are sent to their homes, or made where the policy has them made.
    sent: bool,
}

fn row(o: &Options, name: &str, scheduler: &Scheduler, make: Make, work: Work) -> Result<()> {
    let Scheduler { name: scheduler, policy, sent } = *scheduler;
    let (mut walls, mut moved, mut peak, mut check) = (Vec::new(), 0, 0, 0.0);
    for _ in 0..o.reps {
        // A cluster a repetition, so that its peak is its own.
        let builder = Cluster::builder().workers(o.workers).threads(1);
        let cluster = match policy {
            Some(policy) => builder.policy(policy),
            None => builder,
        };
        let cluster = cluster.start()?;
        let _entered = cluster.enter();
        let (a, b) = make(o, sent)?;
        a.iter().chain(&b).try_for_each(|x| x.wait())?;
        let before = cluster.status()?.moved_bytes();
        let start = Instant::now();
        check = work(&a, &b)?;
        walls.push(start.elapsed().as_secs_f64());
        let status = cluster.status()?;
        (moved, peak) = (status.moved_bytes() - before, status.peak_bytes());
        drop((a, b));
        cluster.finish()?;
    }
    walls.sort_by(f64::total_cmp);
    let wall = walls[walls.len() / 2];
    if o.json {
        println!(
            "{{\"program\": \"{name}\", \"scheduler\": \"{scheduler}\", \"workers\": {}, \"bytes_moved\": {moved}, \
             \"peak_bytes\": {peak}, \"wall\": {wall:.6}, \"check\": {check:e}}}",
            o.workers
        );
    } else {
        println!("{name:<15} {scheduler:<15} {moved:>12} {peak:>12} {wall:>9.4} {check:>22e}");
    }
    Ok(())
}
