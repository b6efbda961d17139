//! The workloads that nums is measured by, on inputs written by another program, so that answers can be compared.
//!
//! ```text
//! cargo run --release --example bench -- --workload chain --data DIR --reps 5 --json
//! ```
//!
//! Inputs are `DIR/WORKLOAD_0.npy`, …; the answer's sum is printed as `check`, for `tsqr` the sum of the magnitudes
//! of R's diagonal. Every output is waited for; nothing is cached from one repetition to the next but plans. `NUMS_CLUSTER` says where it runs.

use nums::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

nums! {
    fn chain(x: f64[n]) -> f64[n] {
        m = 1 / (1 + exp(-(2.0 * x + 1.0)));
        m * (1 - m)
    }

    fn var(x: f64[n]) -> f64[] {
        mean((x - mean(x)) ** 2)
    }

    fn add(x: f64[n], y: f64[n]) -> f64[n] {
        x + y
    }

    fn total(x: f64[n]) -> f64[] {
        sum(x)
    }

    fn matvec(X: f64[n, d], y: f64[d]) -> f64[n] {
        X @ y
    }

    fn gram(X: f64[n, d], Y: f64[n, d]) -> f64[d, d] {
        X.T @ Y
    }

    fn outer(X: f64[n, d], Y: f64[m, d]) -> f64[n, m] {
        X @ Y.T
    }

    fn gemm(X: f64[n, k], Y: f64[k, m]) -> f64[n, m] {
        X @ Y
    }

    fn newton_step(X: f64[n, d], y: f64[n], b: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ b)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]);
        b - linalg.solve(H, g)
    }

    fn center(X: f64[n, d]) -> f64[n, d] {
        (X - mean(X, axis=0)) / std(X, axis=0)
    }

    fn tiny(x: f64[n], y: f64[n]) -> f64[] {
        sum((x - y) ** 2)
    }

    fn mttkrp(X: f64[i, j, k], B: f64[j, f], C: f64[k, f]) -> f64[i, f] {
        einsum("ijk,jf,kf->if", X, B, C)
    }

    fn tdot2(X: f64[i, j, k], Y: f64[j, k, f]) -> f64[i, f] {
        tensordot(X, Y, 2)
    }

    fn tsqr(X: f64[n, d]) -> (f64[n, d], f64[d, d]) {
        linalg.qr(X)
    }

    fn tasks(x: f64[n]) -> f64[] {
        sum(x + 1.0)
    }
}

/// A workload: its name, how many inputs it reads, and one run of it on them. Of several results the last is checked.
type Run = fn(&[DynArray]) -> Result<Vec<DynArray>>;

const WORKLOADS: &[(&str, usize, Run)] = &[
    ("chain", 1, |a| Ok(vec![chain(&vector(a, 0)?)?.into()])),
    ("var", 1, |a| Ok(vec![var(&vector(a, 0)?)?.into()])),
    ("add", 2, |a| Ok(vec![add(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("sum", 1, |a| Ok(vec![total(&vector(a, 0)?)?.into()])),
    ("matvec", 2, |a| Ok(vec![matvec(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("gram", 2, |a| Ok(vec![gram(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("outer", 2, |a| Ok(vec![outer(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("gemm", 2, |a| Ok(vec![gemm(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("newton", 3, |a| {
        let (x, y, mut b) = (vector(a, 0)?, vector(a, 1)?, vector(a, 2)?);
        for _ in 0..5 {
            b = newton_step(&x, &y, &b)?;
        }
        Ok(vec![b.into()])
    }),
    ("center", 1, |a| Ok(vec![center(&vector(a, 0)?)?.into()])),
    ("tiny", 2, |a| Ok(vec![tiny(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("mttkrp", 3, |a| Ok(vec![mttkrp(&vector(a, 0)?, &vector(a, 1)?, &vector(a, 2)?)?.into()])),
    ("tdot2", 2, |a| Ok(vec![tdot2(&vector(a, 0)?, &vector(a, 1)?)?.into()])),
    ("tsqr", 1, |a| {
        let (q, r) = tsqr(&vector(a, 0)?)?;
        Ok(vec![q.into(), r.into()])
    }),
    ("tasks", 1, |a| Ok(vec![tasks(&vector(a, 0)?)?.into()])),
];

fn vector(inputs: &[DynArray], i: usize) -> Result<Array<f64>> {
    inputs[i].clone().try_into()
}

struct Options {
    workload: String,
    data: PathBuf,
    reps: usize,
    json: bool,
}

fn main() -> Result<()> {
    let options = Options::parse().unwrap_or_else(|why| {
        let names: Vec<&str> = WORKLOADS.iter().map(|(name, ..)| *name).collect();
        eprintln!("{why}\nusage: bench --workload W --data DIR [--reps N] [--json]\nworkloads: {}", names.join(" "));
        std::process::exit(2)
    });
    let Some((name, inputs, run)) = WORKLOADS.iter().find(|(name, ..)| *name == options.workload) else {
        eprintln!("no workload `{}`", options.workload);
        std::process::exit(2)
    };
    let cluster = Cluster::from_env()?;
    let mut arrays = Vec::new();
    for i in 0..*inputs {
        let array = DynArray::read_npy(options.data.join(format!("{name}_{i}.npy")))?;
        // One block an element: what is measured is the cost of a task.
        let array = if *name == "tasks" { array.rechunk(&[1])? } else { array };
        array.wait()?;
        arrays.push(array);
    }
    run(&arrays)?.iter().try_for_each(DynArray::wait)?;
    let mut seconds = Vec::new();
    let mut answer = None;
    for _ in 0..options.reps {
        drop(answer.take());
        let begin = Instant::now();
        let out = run(&arrays)?;
        out.iter().try_for_each(DynArray::wait)?;
        seconds.push(begin.elapsed().as_secs_f64());
        answer = Some(out);
    }
    seconds.sort_by(f64::total_cmp);
    let check: f64 = match answer.as_deref() {
        // R up to the signs of its rows.
        Some([_, r]) => nums! { np.sum(np.abs(np.diagonal(r))) -> f64 }?,
        Some([out]) => nums! { np.sum(out) -> f64 }?,
        Some(_) | None => f64::NAN,
    };
    let (median, min, max) = (seconds[seconds.len() / 2], seconds[0], seconds[seconds.len() - 1]);
    let status = cluster.status()?;
    let (peak, net) = (status.peak_bytes(), status.net_bytes());
    let place = std::env::var("NUMS_CLUSTER").unwrap_or_else(|_| "threads".into());
    if options.json {
        println!(
            "{{\"workload\": \"{name}\", \"cluster\": \"{place}\", \"median\": {median:.9}, \"min\": {min:.9}, \"max\": {max:.9}, \
             \"check\": {check:?}, \"peak_bytes\": {peak}, \"net_bytes\": {net}}}"
        );
    } else {
        println!(
            "{name} on {place}: median {median:.6} s, min {min:.6}, max {max:.6}, check {check}, peak {peak} B, network {net} B"
        );
    }
    cluster.finish()
}

impl Options {
    fn parse() -> std::result::Result<Options, String> {
        let mut options = Options { workload: String::new(), data: PathBuf::from("."), reps: 5, json: false };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} wants a value"));
            match arg.as_str() {
                "--workload" => options.workload = value()?,
                "--data" => options.data = value()?.into(),
                "--reps" => options.reps = value()?.parse::<usize>().map_err(|e| format!("--reps: {e}"))?.max(1),
                "--json" => options.json = true,
                _ => return Err(format!("unknown option {arg}")),
            }
        }
        Ok(options)
    }
}
