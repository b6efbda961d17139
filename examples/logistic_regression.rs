//! L2-regularised logistic regression by Newton's method, on the breast cancer data of `examples/data`.
//!
//! Minimises ½‖w‖² + C·Σ log-loss with C = 1; the intercept is not penalised, label 0 is malignant. Run it on threads, on local
//! worker processes or on machines by `NUMS_CLUSTER`:
//!
//! ```text
//! cargo run --example logistic_regression
//! NUMS_CLUSTER=local:4 cargo run --example logistic_regression -- --block-rows 64 --explain --coef coef.npy
//! ```

use nums::prelude::*;
use nums::{CsvOptions, Stage};
use std::path::PathBuf;

nums! {
    /// The design matrix (a column of ones, then the columns of `data` but the last with mean 0 and population standard
    /// deviation 1) and the labels (the last column).
    pub(crate) fn prepare(data: f64[n, c]) -> (f64[n, c], f64[n]) {
        X = data[:, :-1];
        centred = X - mean(X, axis=0);
        scaled = centred / sqrt(mean(centred ** 2, axis=0));
        (concatenate([ones((n, 1)), scaled], axis=1), data[:, -1])
    }

    /// One Newton step: the next coefficients, the loss before the step, and the largest gradient component before it.
    pub(crate) fn newton_step(A: f64[n, p], y: f64[n], beta: f64[p], C: f64) -> (f64[p], f64[], f64[]) {
        penalty = concatenate([zeros(1), ones(p - 1)]);        // all but the intercept
        z = A @ beta;
        mu = 1 / (1 + exp(-z));
        g = C * (A.T @ (mu - y)) + penalty * beta;
        H = C * (A.T @ (A * (mu * (1 - mu))[:, None])) + eye(p) * penalty;
        log_loss = sum(maximum(z, 0) - y * z + log(1 + exp(-abs(z))));
        loss = 0.5 * sum(penalty * beta ** 2) + C * log_loss;
        (beta - linalg.solve(H, g), loss, max(abs(g)))
    }

    /// The share of labels that the sign of the score predicts.
    pub(crate) fn accuracy(A: f64[n, p], y: f64[n], beta: f64[p]) -> f64 {
        mean((A @ beta > 0) == (y > 0.5))
    }
}

/// Newton's method stops when no gradient component is larger.
const TOLERANCE: f64 = 1e-9;
const ITERATIONS: usize = 50;

struct Options {
    data: PathBuf,
    coef: Option<PathBuf>,
    block_rows: Option<usize>,
    explain: bool,
}

fn main() -> Result<()> {
    let options = match Options::parse() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\nusage: logistic_regression [--data FILE] [--block-rows N] [--coef FILE.npy] [--explain]");
            std::process::exit(2);
        }
    };
    let cluster = Cluster::from_env()?;
    let mut data = Array::<f64>::read_csv(&options.data, CsvOptions::new().header(true))?;
    if let Some(rows) = options.block_rows {
        data = data.rechunk(&[rows, data.shape()[1]])?;
    }
    let (x, y) = prepare(&data)?;
    if options.explain {
        explain(&cluster, x.shape())?;
    }

    let mut beta = Array::<f64>::zeros(&[x.shape()[1]])?;
    println!("iteration  loss             largest gradient component");
    for iteration in 1..=ITERATIONS {
        let (next, loss, gradient) = newton_step(&x, &y, &beta, 1.0)?;
        let gradient = gradient.item()?;
        println!("{iteration:9}  {:<15.10}  {gradient:.3e}", loss.item()?);
        if gradient <= TOLERANCE {
            println!("converged after {} steps", iteration - 1);
            break;
        }
        beta = next;
    }

    println!("intercept, then coefficients:\n{beta}");
    println!("accuracy {:.5}", accuracy(&x, &y, &beta)?);
    if let Some(file) = &options.coef {
        beta.write_npy(file)?;
    }
    println!("{}", cluster.status()?);
    cluster.finish()
}

/// Every stage of the step function, then what its plan says in words.
fn explain(cluster: &Cluster, shape: &[usize]) -> Result<()> {
    for stage in [Stage::Parsed, Stage::Typed, Stage::Fused, Stage::Tiled] {
        println!("{}", newton_step::ir(stage));
    }
    let plan = newton_step::plan(&cluster.spec(), &[shape, &shape[..1], &shape[1..]])?;
    println!("{}\n{plan}", plan.ir(Stage::Placed));
    Ok(())
}

impl Options {
    fn parse() -> std::result::Result<Options, String> {
        let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/breast_cancer.csv"));
        let mut options = Options { data, coef: None, block_rows: None, explain: false };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} wants a value"));
            match arg.as_str() {
                "--data" => options.data = value()?.into(),
                "--coef" => options.coef = Some(value()?.into()),
                "--block-rows" => options.block_rows = Some(value()?.parse().map_err(|e| format!("--block-rows: {e}"))?),
                "--explain" => options.explain = true,
                _ => return Err(format!("unknown option {arg}")),
            }
        }
        Ok(options)
    }
}
