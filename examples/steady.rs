//! One step again and again for so many seconds, with the same answer each time: to watch a cluster, or to pull its cables.
//!
//! `steady [--seconds N] [--rows N]`, on the cluster that `NUMS_CLUSTER` names. The last line tells the rounds and a digest of
//! the answer's bits, which is the same on every cluster; an error ends it with status 1.

use nums::prelude::*;
use std::time::{Duration, Instant};

nums! {
    fn step(X: f64[n, d], b: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ b)));
        b - 0.1 * (X.T @ (mu - 0.5)) / len(X)
    }
}

fn argument(name: &str, default: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|a| a != name).skip(1);
    arguments.next().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} {text}: expected a number")))
}

fn main() -> Result<()> {
    let (seconds, rows) = (argument("--seconds", 5), argument("--rows", 20_000) as usize);
    let cluster = Cluster::from_env()?;
    let size = rows * 8;
    let x = nums! { np.sin(1.0 * np.arange(size)).reshape(rows, 8) -> Array<f64> }?.rechunk(&[rows.div_ceil(16), 8])?;
    let begin = Instant::now();
    let (mut rounds, mut first) = (0, None);
    while rounds == 0 || begin.elapsed() < Duration::from_secs(seconds) {
        let mut b = Array::<f64>::from_vec(vec![1.0; 8], &[8])?;
        for _ in 0..8 {
            b = step(&x, &b)?;
        }
        let digest = b.to_vec()?.iter().fold(0u64, |d, v| d.rotate_left(7) ^ v.to_bits());
        assert_eq!(*first.get_or_insert(digest), digest, "round {rounds} gave other bits");
        rounds += 1;
    }
    println!("{rounds} rounds, digest {:016x}", first.unwrap_or_default());
    cluster.finish()
}
