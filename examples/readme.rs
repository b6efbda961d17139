//! The program of README.md, as a file that can be built and timed. `tests/tidy.rs` holds the two equal.

use nums::prelude::*;

nums! {
    /// One Newton step of logistic regression.
    pub fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]) + 1e-3 * eye(d);
        beta - linalg.solve(H, g)
    }
}

fn main() -> Result<()> {
    let cluster = Cluster::from_env()?; // NUMS_CLUSTER; default: threads in this process
    let n = 1000;
    let x = nums! { np.sin(np.arange(0.0, 4000.0)).reshape(n, 4) -> Array<f64> }?;
    let y = nums! { np.where(x[:, 0] + x[:, 1] > 0.1, 1.0, 0.0) -> Array<f64> }?;
    let mut beta = Array::<f64>::zeros(&[4])?;
    for _ in 0..8 {
        beta = newton_step(&x, &y, &beta)?; // returns when planned and submitted
    }
    let miss = nums! { np.mean(((x @ beta) > 0) != (y > 0.5)) -> f64 }?;
    println!("{beta} {miss}");
    cluster.finish()
}
